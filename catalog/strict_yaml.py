"""YAML as people mean it: a repeated key is an error, and a date stays the text that was written."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import yaml

MERGE = "tag:yaml.org,2002:merge"
TIMESTAMP = "tag:yaml.org,2002:timestamp"
NUMBERS = frozenset({"tag:yaml.org,2002:float", "tag:yaml.org,2002:int"})


@dataclass(frozen=True)
class YamlProblem:
    line: int
    """Counted from 1; 0 if the parser named none."""
    message: str


class YamlError(Exception):
    """The text is not YAML, or not what we take for YAML."""

    def __init__(self, problems: list[YamlProblem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


# The loader in C is ten times faster, and every sign-up parses some twenty objects; not every build has it.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_Loader):  # type: ignore[misc,valid-type]  # the base is chosen at run time
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.problems: list[YamlProblem] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == MERGE:
                continue
            if key.value in seen:
                line = key.start_mark.line + 1
                self.problems.append(YamlProblem(line, f"key '{key.value}' is repeated"))
            seen.add(key.value)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != TIMESTAMP]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


class _TextualLoader(_StrictLoader):
    """Leaves numbers the text that was written: 0.1 as a float is no tenth."""


_TextualLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in NUMBERS]
    for first, resolvers in _StrictLoader.yaml_implicit_resolvers.items()
}


def parse_all(text: str, *, numbers_as_text: bool = False) -> list[Any]:
    """Every document of the text that is not empty. Raises YamlError with all repeated keys at once."""
    documents: list[Any] = []
    loader = None
    try:
        loader = (_TextualLoader if numbers_as_text else _StrictLoader)(text)
        while loader.check_data():
            documents.append(loader.get_data())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError([YamlProblem(mark.line + 1 if mark else 0, _words(error))]) from error
    except yaml.YAMLError as error:
        raise YamlError([YamlProblem(0, str(error))]) from error
    finally:
        if loader is not None:
            loader.dispose()
    if loader.problems:
        raise YamlError(loader.problems)
    return [document for document in documents if document is not None]


def _words(error: yaml.MarkedYAMLError) -> str:
    return ", ".join(part for part in (error.context, error.problem) if part)
