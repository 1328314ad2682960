"""CACAO files read and written, and the YAML of an imported playbook."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot.errors import BadFile, reason

_LARGEST: Final = 5_000_000
_HEAD: Final = "# yaml-language-server: $schema=schema/playbook.json\n"


def read_document(file: Path) -> object:
    """What the file says; ``BadFile`` when it is no JSON, too large or nested without end."""
    try:
        data = file.read_bytes()
        if len(data) > _LARGEST:
            raise BadFile(file, 0, "fichier trop gros (5 Mo au plus)")
        document = json.loads(data)
        json.dumps(document, ensure_ascii=False).encode()
    except OSError as error:
        raise BadFile(file, 0, f"illisible\u00a0: {reason(error)}") from error
    except UnicodeError as error:
        raise BadFile(file, 0, "le texte n'est pas en UTF-8") from error
    except json.JSONDecodeError as error:
        raise BadFile(file, error.lineno, "ce n'est pas du JSON") from error
    except RecursionError as error:
        raise BadFile(file, 0, "l'imbrication est trop profonde") from error
    return document


def first_made(file: Path, identifier: str) -> datetime | None:
    """When the playbook that the file already holds was created, if it is that one."""
    if not file.is_file():
        return None
    try:
        known = read_document(file)
    except BadFile:
        return None
    if not isinstance(known, dict) or known.get("id") != identifier:
        return None
    try:
        return datetime.fromisoformat(str(known.get("created")))
    except ValueError:
        return None


def json_of(document: Mapping[str, Any]) -> str:
    """The document as a file has it."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def yaml_of(data: Mapping[str, Any]) -> str:
    """The playbook as a person would write it: its schema first, long texts as they read."""
    import yaml

    class Writer(yaml.SafeDumper):
        """Texts of several lines as blocks, and no aliases, which our reader refuses."""

        def ignore_aliases(self, data: object) -> bool:
            return True

    def written(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        style = "|" if "\n" in text else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Writer.add_representer(str, written)
    made = yaml.dump(
        dict(data), Dumper=Writer, allow_unicode=True, sort_keys=False, width=100, indent=2
    )
    return _HEAD + str(made)
