"""Machines made of files: what a root holds for the collectors to read."""

from pathlib import Path


def machine(root: Path, files: dict[str, str]) -> Path:
    """Lay out files below a root."""
    for place, text in files.items():
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def gpu_node(root: Path) -> Path:
    """Lay out a node with what every local collector looks for."""
    return machine(
        root,
        {
            "proc/cmdline": "BOOT_IMAGE=/vmlinuz root=UUID=1 ro quiet hugepagesz=2M hugepages=512 "
            'hugepagesz=1G hugepages=2 dyndbg="file x.c +p" -- --token=abc\n',
            "proc/modules": "nvidia 56782848 12 - Live 0x0\noverlay 151552 0 - Live 0x0\n",
            "sys/module/nvidia/version": "580.82.07\n",
            "sys/module/nvidia/taint": "OE\n",
            "sys/module/nvidia/parameters/NVreg_OpenRmEnableUnsupportedGpus": "1\n",
            "proc/sys/kernel/version": "#26-Ubuntu SMP Tue\n",
            "proc/sys/kernel/randomize_va_space": "2\n",
            "proc/sys/net/ipv4/tcp_rmem": "4096\t131072\t6291456\n",
            "proc/sys/net/ipv4/tcp_fastopen_key": "11111111-22222222\n",
            "proc/sys/net/ipv4/conf/vethab12/rp_filter": "0\n",
            "proc/sys/fs/file-nr": "1\t0\t2\n",
            "proc/sys/sunrpc/transports": "tcp 1048576\nudp 32768\n",
            "etc/os-release": 'NAME="Ubuntu"\nVERSION_ID="24.04"\nEMPTY=""\n# remark\n',
            "proc/cpuinfo": "model name\t: CPU\nflags\t\t: fpu sse\n\nmodel name\t: other\n",
            "proc/meminfo": "MemTotal:  1000 kB\nSwapTotal:  0 kB\nHugepagesize:  2048 kB\n",
            "proc/stat": "cpu 1\nbtime 1700000042\n",
            "proc/swaps": "Filename\tType\tSize\n/dev/sda2 partition 1024 0 -2\n",
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance\n",
            "sys/devices/system/node/node0/meminfo": "Node 0 MemTotal:  1000 kB\n",
            "sys/devices/system/node/node0/cpulist": "0-1\n",
            "sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages": "512\n",
            "sys/devices/system/node/node0/distance": "10\n",
            "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "512\n",
            "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
            "sys/devices/system/cpu/vulnerabilities/meltdown": "Not affected\n",
            "sys/kernel/security/lsm": "lockdown,apparmor\n",
            "proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64"
            "  580.82.07  Release Build\nGCC version:  gcc version 13.2.0\n",
            "proc/driver/nvidia/params": 'RestrictProfilingToAdminUsers: 1\nRegistryDwords: ""\n',
            "etc/systemd/system/containerd.service": "[Service]\nExecStart=/usr/bin/containerd\n"
            "LimitNOFILE=1024:infinity\nDelegate=yes\nEnvironment=HTTP_PROXY=http://u:hunter2@p\n"
            "[Install]\nWantedBy=multi-user.target\n",
            "etc/systemd/system/containerd.service.d/10-stack.conf": "[Service]\nLimitSTACK=64M\n",
            "sys/class/net/lo/mtu": "65536\n",
            "sys/class/net/eth0/mtu": "9001\n",
            "sys/class/net/eth0/speed": "100000\n",
            "sys/class/net/eth0/device/vendor": "0x15b3\n",
            "sys/class/net/eth0/device/numa_node": "1\n",
            "sys/class/net/eth0/device/sriov_numvfs": "8\n",
            "sys/class/infiniband/mlx5_0/fw_ver": "28.39.1002\n",
            "sys/class/infiniband/mlx5_0/ports/1/state": "4: ACTIVE\n",
            "sys/class/infiniband/mlx5_0/ports/1/link_layer": "InfiniBand\n",
        },
    )
