# One file, two images: `engine` runs API, worker and set-up; `devstack` adds the stand-ins for a laptop.
FROM python:3.13-slim AS engine
WORKDIR /srv/tenantry
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY requirements/app.lock requirements/app.lock
RUN pip install --no-cache-dir --require-hashes -r requirements/app.lock
COPY activities activities
COPY api api
COPY blueprints blueprints
COPY catalog catalog
COPY deploy/aws deploy/aws
COPY codec codec
COPY documents documents
COPY domain domain
COPY runtime runtime
COPY store store
COPY worker worker
COPY workflows workflows
COPY plans.yaml prices.yaml cells.yaml meters.yaml ./
RUN useradd --system --uid 10001 tenantry
USER 10001
CMD ["python", "-m", "worker"]

FROM engine AS devstack
USER root
COPY requirements/dev.lock requirements/dev.lock
RUN pip install --no-cache-dir --require-hashes -r requirements/dev.lock
COPY devstack devstack
USER 10001
CMD ["python", "-m", "devstack.aws", "--config", "/etc/tenantry/aws.json", "--ready-file", "/tmp/ready"]
