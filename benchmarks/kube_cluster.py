"""Time and peak memory of collecting a large cluster: 5,000 nodes and 100,000 pods.

Usage: python benchmarks/kube_cluster.py [NODES PODS]

The server is a double in this process; the collectors run in a process of their own, whose time and
memory are printed. Both share the machine, so the time includes making the answers.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))


def main() -> None:
    from fakes.kube_measure import measure

    sizes = [int(one) for one in sys.argv[1:3]] or [5000, 100_000]
    print(json.dumps({"nodes": sizes[0], "pods": sizes[1], **measure(*sizes)}))


if __name__ == "__main__":
    main()
