"""Certificates, as cert-manager issues them: self-signed here, for the names that were asked for."""

import base64
from datetime import UTC, datetime, timedelta

from devstack.kubernetes.controllers.api import Api, apply, collection, conditions, deleting, set_status
from devstack.kubernetes.controllers.base import Controller, generation
from devstack.kubernetes.objects import Object, at, metadata, name_of, namespace_of, now

_LIFE = timedelta(days=90)


class Certificates(Controller):
    """Issues Certificates into their Secrets."""

    group, version, plural, delay = "cert-manager.io", "v1", "certificates", "certificate"
    manager = "cert-manager"

    def due(self, obj: Object) -> str:
        """An issue is due while the Ready condition is of another generation."""
        seen = metadata(obj).get("generation")
        ready = any(
            item["type"] == "Ready" and item["status"] == "True" and item.get("observedGeneration") == seen
            for item in at(obj, "status", "conditions") or ()
        )
        return "" if deleting(obj) or ready else generation(obj)

    def begin(self, api: Api, obj: Object) -> None:
        """Says that the certificate is being issued."""
        message = "Issuing certificate as Secret does not exist"
        self._report(api, obj, "False", "DoesNotExist", message, {})

    def finish(self, api: Api, obj: Object) -> None:
        """Writes the Secret and the Ready condition."""
        begins = datetime.now(UTC).replace(microsecond=0)
        certificate, key = _issue(
            at(obj, "spec", "dnsNames") or [at(obj, "spec", "commonName") or "devstack"], begins
        )
        issuer = at(obj, "spec", "issuerRef") or {}
        name = at(obj, "spec", "secretName")
        annotations = {
            "cert-manager.io/certificate-name": name_of(obj),
            "cert-manager.io/issuer-kind": issuer.get("kind", "Issuer"),
            "cert-manager.io/issuer-name": issuer.get("name", ""),
        }
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "annotations": annotations},
            "type": "kubernetes.io/tls",
            "data": {"tls.crt": certificate, "tls.key": key, "ca.crt": certificate},
        }
        apply(api, f"{collection('', 'v1', 'secrets', namespace_of(obj))}/{name}", secret, self.manager)
        stamps = {
            "notBefore": _stamp(begins),
            "notAfter": _stamp(begins + _LIFE),
            "renewalTime": _stamp(begins + _LIFE * 2 / 3),
            "revision": (at(obj, "status", "revision") or 0) + 1,
        }
        self._report(api, obj, "True", "Ready", "Certificate is up to date and has not expired", stamps)

    def _report(self, api: Api, obj: Object, ready: str, reason: str, message: str, more: Object) -> None:
        row = {
            "type": "Ready",
            "status": ready,
            "reason": reason,
            "message": message,
            "observedGeneration": metadata(obj).get("generation"),
        }
        set_status(api, obj, self.plural, {"conditions": conditions(obj, [row], now()), **more})


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _issue(names: list[str], begins: datetime) -> tuple[str, str]:
    """A self-signed certificate and its key, PEM in base64."""
    # Loaded only where a certificate is asked for: it is the largest part of this server otherwise.
    from cryptography import x509  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - see above

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0][:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + _LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    return base64.b64encode(public).decode(), base64.b64encode(private).decode()
