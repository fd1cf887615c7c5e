"""Text from a blueprint's files, with every error traced to a file and a line."""

import json
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2

from catalog.strict_yaml import YamlError, parse_all
from domain.errors import BlueprintError

SUFFIX = ".j2"
_MARK = "\x1f"


class TemplateFolder:
    """The files of one blueprint. Templates are compiled once and kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder),
            autoescape=False,  # noqa: S701 - the result is YAML and JSON, never HTML
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )

    def exists(self, file: str) -> bool:
        return (self._folder / file).is_file()

    def manifests_in(self, subfolder: str) -> list[str]:
        """Manifest files of a folder in the order in which they are applied."""
        found = (path for path in (self._folder / subfolder).iterdir() if path.is_file())
        return [
            path.relative_to(self._folder).as_posix()
            for path in sorted(found)
            if path.name.removesuffix(SUFFIX).endswith((".yaml", ".yml"))
        ]

    def text(self, file: str, variables: dict[str, Any]) -> str:
        """The file, rendered if it is a template."""
        if not file.endswith(SUFFIX):
            return (self._folder / file).read_text(encoding="utf-8")
        try:
            return self._environment.get_template(file).render(
                variables, checksum=lambda other: sha256(self.text(other, variables).encode()).hexdigest()
            )
        except jinja2.TemplateNotFound as error:
            raise self._error(file, 0, f"no such file: {error.name}") from error
        except jinja2.TemplateSyntaxError as error:
            raise self._error(error.name or file, error.lineno, error.message or "syntax error") from error
        except BlueprintError:
            raise  # another file that this one asked for; it names itself
        except Exception as error:
            # A template runs its author's expressions: whatever they raise is the template's fault.
            raise self._error(file, self._failed_line(file, error), _words(error)) from error

    def yaml(self, file: str, variables: dict[str, Any]) -> list[Any]:
        """The documents of a manifest file."""
        text = self.text(file, variables)
        try:
            documents: list[Any] = json.loads(_parsed(text))
        except YamlError as error:
            problem = error.problems[0]
            line = self._source_line(file, variables, problem.line)
            raise self._error(file, line, problem.message) from error
        return documents

    def json(self, file: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The document of a policy file."""
        text = self.text(file, variables)
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            line = self._source_line(file, variables, error.lineno)
            raise self._error(file, line, error.msg) from error
        if not isinstance(document, dict):
            raise self._error(file, 1, "a policy is a JSON object")
        return document

    def _error(self, file: str, line: int, message: str) -> BlueprintError:
        place = f"{self._folder.name}/{file}:{line}" if line else f"{self._folder.name}/{file}"
        return BlueprintError(f"{place}: {message}")

    def _failed_line(self, file: str, error: Exception) -> int:
        """Line of the template in which rendering failed: Jinja makes tracebacks point there."""
        path, line, trace = str(self._folder / file), 0, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == path:
                line = trace.tb_lineno
            trace = trace.tb_next
        return line

    def _source_line(self, file: str, variables: dict[str, Any], line: int) -> int:
        """The template's line behind a line of its result: rendered once more with every line marked.

        0 if that cannot be told, as within an expression of several lines, which a mark would break.
        """
        if not file.endswith(SUFFIX):
            return line
        source = (self._folder / file).read_text(encoding="utf-8").splitlines()
        marked = "\n".join(f"{_MARK}{number}{_MARK}{text}" for number, text in enumerate(source, 1))
        try:
            result = self._environment.from_string(marked).render(variables, checksum=lambda _: "")
        except jinja2.TemplateError:
            return 0
        marks = re.findall(f"{_MARK}(\\d+){_MARK}", "\n".join(result.splitlines()[:line]))
        return int(marks[-1]) if marks else 0


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


@lru_cache(maxsize=512)
def _parsed(text: str) -> str:
    """The documents as JSON, which is read ten times faster than YAML.

    A run renders most manifests twice, to name and to apply them; many are the same for every tenant.
    """
    return json.dumps(parse_all(text))
