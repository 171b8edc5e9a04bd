"""Which format a file is in, by its name, as conftest chooses."""

import re
from pathlib import PurePath

YAML = "yaml"
JSON = "json"
STDIN = "<stdin>"

_WORDS = {
    "codeowners": "a CODEOWNERS file",
    "cue": "CUE",
    "cyclonedx": "a CycloneDX bill of materials",
    "dockerfile": "a Dockerfile",
    "dotenv": "a .env file",
    "edn": "EDN",
    "groovy": "a Jenkinsfile (Groovy)",
    "hcl1": "HCL 1",
    "hcl2": "HCL 2 (Terraform)",
    "hocon": "HOCON",
    "ignore": "a list of ignored files",
    "ini": "INI",
    "json": "JSON",
    "jsonc": "JSON with comments",
    "jsonl": "JSON lines",
    "jsonnet": "Jsonnet",
    "nginx": "an nginx configuration",
    "properties": "a .properties file",
    "spdx": "an SPDX bill of materials",
    "textproto": "a text protocol buffer",
    "toml": "TOML",
    "vcl": "VCL (Varnish)",
    "xml": "XML",
    "yaml": "YAML",
}
"""conftest's name of each parser, and JSON lines, to what people call the format."""
FORMATS = tuple(_WORDS)
_SUFFIXES = {
    "yml": "yaml",
    "hcl": "hcl2",
    "tf": "hcl2",
    "tfvars": "hcl2",
    "gitignore": "ignore",
    "dockerignore": "ignore",
    "env": "dotenv",
    "ndjson": "jsonl",
    "textproto": "textproto",
    "textpb": "textproto",
    "pbtxt": "textproto",
    "prototext": "textproto",
    **{name: name for name in FORMATS},
}
_STEMS = {"dockerfile": "dockerfile", ".env": "dotenv", "jenkinsfile": "groovy"}
"""Names that may go on after a dot: ``Dockerfile.debug``."""
_NAMES = {"nginx.conf": "nginx", "codeowners": "codeowners"}


_LOOKS = {
    "xml": re.compile(r"\s*<[?!A-Za-z]"),
    "dockerfile": re.compile(r"(?:ARG\s\S+\s+)*FROM\s", re.IGNORECASE),
    "hcl2": re.compile(r"(?:resource|data|variable|module|provider|terraform|locals)\b[^=]*\{"),
    "ini": re.compile(r"\s*\[[^\]]+\]\s+\S+\s*="),
    "dotenv": re.compile(r"(?:export\s+)?[A-Za-z_][A-Za-z0-9_.]*\s*="),
}
"""How text begins."""


def format_of(name: str) -> str | None:
    """Give conftest's name of the format that a file is in; None where its name says none.

    Args:
        name: of the file, as the user gave it; standard input is YAML.
    """
    if name == STDIN:
        return YAML
    base = PurePath(name).name.lower()
    stem = next((stem for stem in _STEMS if base == stem or base.startswith(f"{stem}.")), None)
    if stem is not None:
        return _STEMS[stem]
    return _NAMES.get(base) or _SUFFIXES.get(base.rpartition(".")[2] if "." in base else "")


def guessed_format(text: str) -> str | None:
    """Give the format that text seems to be in which was no YAML or JSON document."""
    return next((name for name, looks in _LOOKS.items() if looks.match(text)), None)


def described_format(name: str) -> str:
    """Give what people call a format: ``a Dockerfile``."""
    return _WORDS[name]
