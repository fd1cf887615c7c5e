"""How values become Temporal payloads: JSON by pydantic."""

from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import CompositePayloadConverter, DataConverter

# The SDK makes a converter for every activation of every run. Made from PydanticPayloadConverter itself, each
# would begin with an empty cache and build the type adapters of our messages anew.
_CONVERTERS = tuple(PydanticPayloadConverter().converters.values())


class SharedPydanticConverter(CompositePayloadConverter):
    """PydanticPayloadConverter with one cache of type adapters for the whole process."""

    def __init__(self) -> None:
        super().__init__(*_CONVERTERS)


DATA_CONVERTER = DataConverter(payload_converter_class=SharedPydanticConverter)
