"""How values become Temporal payloads: JSON by pydantic, sealed where there are keys."""

from dataclasses import replace

from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
)

from runtime.key_ring import read_key_ring
from runtime.kms import Kms
from runtime.sealing import Sealing
from runtime.settings import Settings

# The SDK makes a converter for every activation of every run. Made from PydanticPayloadConverter itself, each
# would begin with an empty cache and build the type adapters of our messages anew.
_CONVERTERS = tuple(PydanticPayloadConverter().converters.values())


class SharedPydanticConverter(CompositePayloadConverter):
    """PydanticPayloadConverter with one cache of type adapters for the whole process."""

    def __init__(self) -> None:
        super().__init__(*_CONVERTERS)


DATA_CONVERTER = DataConverter(payload_converter_class=SharedPydanticConverter)


def data_converter(settings: Settings) -> DataConverter:
    """With a key ring, messages and stacks of failures are sealed, too. Raises WrongKeyRing."""
    sealing = sealing_of(settings)
    if sealing is None:
        return DATA_CONVERTER
    return replace(
        DATA_CONVERTER,
        payload_codec=sealing,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def sealing_of(settings: Settings) -> Sealing | None:
    """Reads the key ring and asks KMS for what it holds encrypted. Raises WrongKeyRing."""
    if settings.payload_keys_file is None:
        return None
    return Sealing(read_key_ring(settings.payload_keys_file, Kms(settings.aws_endpoint_url).unwrap))
