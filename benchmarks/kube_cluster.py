"""Time and peak memory of collecting a large cluster: 5,000 nodes and 100,000 pods.

Usage: python benchmarks/kube_cluster.py [NODES PODS]

The server is a double in this process; the collectors run in a process of their own, whose time and
memory are printed. Both share the machine, so the time includes making the answers.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

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
    from fakes.kube_api import KubeApi, serve
    from fakes.kube_objects import large_cluster

    with tempfile.TemporaryDirectory() as folder, serve(KubeApi()) as api:
        path = large_cluster(api, nodes, pods).kubeconfig(Path(folder))
        command = [sys.executable, "-c", COLLECT, str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    measured: dict[str, object] = json.loads(done.stdout)
    return measured


if __name__ == "__main__":
    sizes = [int(one) for one in sys.argv[1:3]] or [5000, 100_000]
    print(json.dumps({"nodes": sizes[0], "pods": sizes[1], **measure(*sizes)}))
