"""Service Quotas for RDS, and that RDS keeps to them."""

from devstack.aws import AwsFront
from tests.devstack.aws.support import Aws, refused, unique

DB_INSTANCES = "L-7B6409FD"


def test_applied_values_come_from_the_configuration() -> None:
    """What is applied is the configured value; AWS's default stays what it is; RDS refuses beyond it."""
    with AwsFront(quotas={DB_INSTANCES: 2}) as front:
        aws = Aws(front.url)
        quotas = aws.client("service-quotas")
        one = {"ServiceCode": "rds", "QuotaCode": DB_INSTANCES}
        assert quotas.get_service_quota(**one)["Quota"]["Value"] == 2
        assert quotas.get_aws_default_service_quota(**one)["Quota"]["Value"] == 40
        first = aws.database()
        aws.database()
        beyond = refused(aws.database)
        aws.elsewhere("eu-west-1").database()
        aws.rds.delete_db_instance(DBInstanceIdentifier=first, SkipFinalSnapshot=True)
        aws.database()
    assert (beyond.code, beyond.status) == ("InstanceQuotaExceeded", 400)


def test_listing_comes_in_pages(aws: Aws) -> None:
    """All of RDS's quotas are listed, each once."""
    pages = aws.client("service-quotas").get_paginator("list_service_quotas")
    found = [
        quota["QuotaCode"]
        for page in pages.paginate(ServiceCode="rds", PaginationConfig={"PageSize": 1})
        for quota in page["Quotas"]
    ]
    assert len(found) == len(set(found)) > 1
    assert DB_INSTANCES in found


def test_unknown_quotas_are_refused(aws: Aws) -> None:
    """A code that RDS does not have is refused, and other services' quotas are moto's."""
    quotas = aws.client("service-quotas")
    unknown = refused(quotas.get_service_quota, ServiceCode="rds", QuotaCode=unique("L"))
    assert unknown.code == "NoSuchResourceException"
    assert quotas.list_aws_default_service_quotas(ServiceCode="vpc")["Quotas"]
