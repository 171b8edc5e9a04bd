"""How long collecting a large cluster takes, and how much memory, in a process of its own."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from fakes.kube_api import KubeApi, serve
from fakes.kube_objects import large_cluster

COLLECT = """
import json, resource, sys, time
from eidos.collectors import k8s, topology
from eidos.engine.ports import Fact, Wanted
started = time.monotonic()
options = {"kubeconfig": sys.argv[1]}
facts, said = 0, []
for collector in (k8s.collector, topology.collector):
    names = frozenset(collector.subtypes) - {"kubelet"}
    kept = list(collector.collect(Wanted(names, "me", timeout=3600, options=options)))
    facts += sum(isinstance(item, Fact) for item in kept)
    said += [str(item) for item in kept if not isinstance(item, Fact)]
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "facts": facts, "said": said, "wall_s": round(time.monotonic() - started, 2),
    "cpu_s": round(usage.ru_utime + usage.ru_stime, 2), "peak_mib": usage.ru_maxrss >> 10,
}))
"""


def measure(nodes: int, pods: int) -> dict[str, object]:
    """Collect once and give facts, seconds and the peak resident set in MiB."""
    with tempfile.TemporaryDirectory() as folder, serve(KubeApi()) as api:
        path = large_cluster(api, nodes, pods).kubeconfig(Path(folder))
        command = [sys.executable, "-c", COLLECT, str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    measured: dict[str, object] = json.loads(done.stdout)
    return measured
