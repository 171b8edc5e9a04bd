"""Rules whose tables name facts declare every one of them."""

from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_documents
from fakes.packs import FOLDER


def test_every_tuned_sysctl_is_declared() -> None:
    path = FOLDER / "lib" / "tables" / "gpu_tuning" / "data.yaml"
    (document,) = read_documents(Source(str(path), path))
    rule = (FOLDER / "os-hardening" / "gpu_tuning_applied.rego").read_text()
    profiles = document.value["profiles"]  # type: ignore[call-overload,index]
    keys = {wanted["key"] for profile in profiles for wanted in profile["sysctls"]}  # type: ignore[index,union-attr]
    assert keys
    assert [key for key in keys if f"""'os.sysctl["{key}"]'""" not in rule] == []
