"""SystemD facts of upstream dialects: what D-Bus said, before it was printed as text.

Upstream prints everything that is no plain integer, float, boolean or text with Go's ``%v``: 32-bit
integers become quoted, lists become ``[a b c]``. Which property has which type is part of systemd's
D-Bus interface (org.freedesktop.systemd1(5)), so it is undone for properties of known type, and for
no others. Lists whose items may hold spaces (``Environment``, ``ReadOnlyPaths``) and structures
(``ExecStart``) cannot be told apart again: they stay text unless they are empty.
"""

import re

from eidos.engine.model.jsonvalue import Json

INFINITY = 2**64 - 1
"""How D-Bus says "no limit" or "not set" for 64-bit properties; kept as this very integer."""

_ABSENCE = ("LoadState", "LoadError", "ActiveState", "SubState", "UnitFileState")
"""All that is known of a unit that is not there; its other properties are systemd's defaults."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_INTEGERS = _names(
    """CPUSchedulingPolicy CPUSchedulingPriority CacheDirectoryMode ConfigurationDirectoryMode
    ControlPID ExecMainCode ExecMainPID ExecMainStatus FailureActionExitStatus
    FileDescriptorStoreMax FinalKillSignal GID IOSchedulingClass IOSchedulingPriority KillSignal
    LogLevelMax LogRateLimitBurst LogsDirectoryMode MainPID ManagedOOMMemoryPressureLimit
    NFileDescriptorStore NRestarts NUMAPolicy Nice OOMScoreAdjust RestartKillSignal RestartSteps
    RuntimeDirectoryMode SecureBits StartLimitBurst StateDirectoryMode StatusErrno
    SuccessActionExitStatus SyslogFacility SyslogLevel SyslogPriority SystemCallErrorNumber UID
    UMask WatchdogSignal"""
)
"""D-Bus types ``i`` and ``u``."""

_BYTES = _names(
    """CPUAffinity EffectiveCPUs EffectiveMemoryNodes InvocationID NUMAMask RootHash
    RootHashSignature StandardInputData StartupAllowedCPUs StartupAllowedMemoryNodes"""
)
"""D-Bus type ``ay``."""

_WORDS = _names(
    """After Before BindsTo BoundBy CacheDirectory CanClean ConfigurationDirectory ConflictedBy
    Conflicts ConsistsOf DelegateControllers DisableControllers Documentation DropInPaths
    IPEgressFilterPath IPIngressFilterPath JoinsNamespaceOf LogsDirectory Markers Names OnFailure
    OnFailureOf OnSuccess OnSuccessOf PartOf PassEnvironment PropagatesReloadTo PropagatesStopTo
    Refs ReloadPropagatedFrom RequiredBy Requires Requisite RequisiteOf RuntimeDirectory SliceOf
    StateDirectory StopPropagatedFrom SupplementaryGroups SystemCallArchitectures TriggeredBy
    Triggers UpheldBy Upholds WantedBy Wants"""
)
"""D-Bus type ``as`` where no item can hold a space."""

_SPACED = _names(
    """BindPaths BindReadOnlyPaths BlockIODeviceWeight BlockIOReadBandwidth BlockIOWriteBandwidth
    Conditions DeviceAllow Environment EnvironmentFiles ExecCondition ExecConditionEx ExecPaths
    ExecReload ExecReloadEx ExecStart ExecStartEx ExecStartPost ExecStartPostEx ExecStartPre
    ExecStartPreEx ExecStop ExecStopEx ExecStopPost ExecStopPostEx ExtensionImages
    IODeviceLatencyTargetUSec IODeviceWeight IOReadBandwidthMax IOReadIOPSMax IOWriteBandwidthMax
    IOWriteIOPSMax IPAddressAllow IPAddressDeny InaccessiblePaths LogExtraFields MountImages
    NoExecPaths ReadOnlyPaths ReadWritePaths RequiresMountsFor RootImageOptions SocketBindAllow
    SocketBindDeny TemporaryFileSystem UnsetEnvironment"""
)
"""Other arrays: only an empty one is beyond doubt."""

_INTEGER = re.compile(r"-?[0-9]{1,20}")
_BYTE_LIST = re.compile(r"\[(?:[0-9]{1,3}(?: [0-9]{1,3})*)?\]")


def facts(found: dict[str, Json]) -> dict[str, Json]:
    """Give a unit's properties as D-Bus had them; of an absent unit, only that it is absent."""
    if found.get("LoadState") == "not-found":
        return {key: found[key] for key in _ABSENCE if key in found}
    return {key: _value(key, value) for key, value in found.items()}


def _value(key: str, value: Json) -> Json:
    if isinstance(value, str):
        return _from_text(key, value)
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= INFINITY:
        return INFINITY if float(value) == float(INFINITY) else value  # read as a double once
    return value


def _from_text(key: str, text: str) -> Json:
    if key in _INTEGERS:
        return int(text) if _INTEGER.fullmatch(text) else text
    if key in _BYTES and _BYTE_LIST.fullmatch(text):
        return [int(byte) for byte in text[1:-1].split()]
    if key in _WORDS and text.startswith("[") and text.endswith("]"):
        return [*text[1:-1].split()]
    if key in _SPACED and text == "[]":
        return []
    return text


def printed(key: str, items: list[Json]) -> str | None:
    """Print a list as upstream does, or give None where that could not be read back."""
    text = "[" + " ".join(str(item) for item in items) + "]"
    return text if _from_text(key, text) == items else None
