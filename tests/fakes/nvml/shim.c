/* An NVML that answers without a GPU: eight H100 as in tests of nvidia-smi.
 *
 *   gcc -shared -fPIC -o libnvidia-ml.so.1 shim.c
 *
 * -DOLD leaves out functions that older drivers lack, -DCRASH dies in the middle,
 * -DNO_DRIVER does not start, -DLOST loses the fourth device, -DMIG cuts the first into two.
 */
#include <stdio.h>
#include <string.h>

#define OK 0
#define INVALID 2
#define NOT_SUPPORTED 3
#define NOT_FOUND 6
#define NO_DRIVER_LOADED 9
#define IS_LOST 15

typedef unsigned int u32;
typedef unsigned long long u64;
typedef struct { int index; int mig; } device;
static device devices[8] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}, {4, 0}, {5, 0}, {6, 0}, {7, 0}};
#ifdef MIG
static device parts[2] = {{0, 1}, {0, 2}};
#endif

#define TEXT(name, ...) \
    int name(device *d, char *out, u32 size) { (void)d; snprintf(out, size, __VA_ARGS__); return OK; }
#define U32(name, value) int name(device *d, u32 *out) { (void)d; *out = (value); return OK; }
#define PAIR(name, one, two) \
    int name(device *d, u32 *a, u32 *b) { (void)d; *a = (one); *b = (two); return OK; }

int nvmlInitWithFlags(u32 flags) {
    (void)flags;
#ifdef NO_DRIVER
    return NO_DRIVER_LOADED;
#else
    return OK;
#endif
}
int nvmlShutdown(void) { return OK; }
const char *nvmlErrorString(int code) { return code == IS_LOST ? "GPU is lost" : "an error"; }

int nvmlSystemGetDriverVersion(char *out, u32 size) { snprintf(out, size, "570.86.15"); return OK; }
int nvmlSystemGetCudaDriverVersion_v2(int *out) { *out = 12080; return OK; }
int nvmlSystemGetConfComputeState(u32 *out) { out[0] = 0; out[1] = 0; out[2] = 0; return OK; }
int nvmlDeviceGetCount_v2(u32 *out) { *out = 8; return OK; }
int nvmlDeviceGetHandleByIndex_v2(u32 index, device **out) {
#ifdef LOST
    if (index == 3) return IS_LOST;
#endif
    *out = &devices[index];
    return index < 8 ? OK : INVALID;
}

TEXT(nvmlDeviceGetName, "NVIDIA H100 80GB HBM3")
TEXT(nvmlDeviceGetUUID, "GPU-00000000-0000-0000-0000-%012d", d->index)
TEXT(nvmlDeviceGetSerial, "165292303400%d", d->index)
TEXT(nvmlDeviceGetBoardPartNumber, "692-2G520-0200-000")
int nvmlDeviceGetVbiosVersion(device *d, char *out, u32 size) {
#ifdef CRASH
    *(volatile int *)0 = 1;
#endif
    (void)d;
    snprintf(out, size, "96.00.A5.00.01");
    return OK;
}
#ifndef OLD
int nvmlDeviceGetGspFirmwareVersion(device *d, char *out) { (void)d; strcpy(out, "570.86.15"); return OK; }
int nvmlDeviceGetAddressingMode(device *d, u32 *out) { (void)d; out[1] = 0; return OK; }
int nvmlDeviceGetC2cModeInfoV(device *d, u32 *out) { (void)d; *out = 0; return OK; }
int nvmlDeviceGetModuleId(device *d, u32 *out) { *out = d->index; return OK; }
typedef struct { u32 version; unsigned char uuid[16]; u32 status, clique, state, health; } fabric;
int nvmlDeviceGetGpuFabricInfoV(device *d, fabric *out) {
    (void)d;
    memset(out->uuid, 0, 16);
    out->status = 0; out->clique = 0; out->state = 3; out->health = 0;
    return OK;
}
#endif
TEXT(nvmlDeviceGetInforomImageVersion, "G520.0200.00.05")
int nvmlDeviceGetInforomVersion(device *d, u32 kind, char *out, u32 size) {
    (void)d;
    if (kind == 2) return NOT_SUPPORTED;
    snprintf(out, size, kind == 1 ? "7.16" : "2.1");
    return OK;
}
U32(nvmlDeviceGetMinorNumber, d->index)
U32(nvmlDeviceGetArchitecture, 9)
U32(nvmlDeviceGetPersistenceMode, 0)
U32(nvmlDeviceGetDisplayMode, 1)
U32(nvmlDeviceGetDisplayActive, 0)
U32(nvmlDeviceGetComputeMode, 0)
U32(nvmlDeviceGetVirtualizationMode, 1)
U32(nvmlDeviceGetRetiredPagesPendingStatus, 0)
U32(nvmlDeviceGetPowerManagementLimit, 700000)
U32(nvmlDeviceGetPowerManagementDefaultLimit, 700000)
U32(nvmlDeviceGetPowerUsage, 70930)
U32(nvmlDeviceGetMaxPcieLinkGeneration, 4)
U32(nvmlDeviceGetCurrPcieLinkGeneration, 4)
U32(nvmlDeviceGetMaxPcieLinkWidth, 16)
U32(nvmlDeviceGetCurrPcieLinkWidth, 16)
U32(nvmlDeviceGetPcieReplayCounter, 3)
U32(nvmlDeviceGetPerformanceState, 0)
PAIR(nvmlDeviceGetCudaComputeCapability, 9, 0)
PAIR(nvmlDeviceGetEccMode, 1, 1)
PAIR(nvmlDeviceGetPowerManagementLimitConstraints, 200000, 700000)
int nvmlDeviceGetNumaNodeId(device *d, u32 *out) { (void)d; (void)out; return NOT_SUPPORTED; }
int nvmlDeviceGetMemoryInfo(device *d, u64 *out) {
    out[0] = (d->mig ? 9856ULL : 81559ULL) << 20; out[2] = 1ULL << 20; out[1] = out[0] - out[2];
    return OK;
}
int nvmlDeviceGetBAR1MemoryInfo(device *d, u64 *out) {
    (void)d; out[0] = 131072ULL << 20; out[1] = out[0]; out[2] = 0; return OK;
}
int nvmlDeviceGetTotalEccErrors(device *d, u32 kind, u32 counter, u64 *out) {
    (void)d; (void)kind; (void)counter; *out = 0; return OK;
}
int nvmlDeviceGetRetiredPages(device *d, u32 cause, u32 *count, u64 *pages) {
    (void)d; (void)cause; (void)pages; *count = 0; return NOT_SUPPORTED;
}
int nvmlDeviceGetRemappedRows(device *d, u32 *a, u32 *b, u32 *c, u32 *e) {
    (void)d; *a = *b = *c = *e = 0; return OK;
}
static u32 clocks[2][4] = {{345, 345, 2619, 765}, {1980, 1980, 2619, 1545}};
int nvmlDeviceGetClockInfo(device *d, u32 kind, u32 *out) { (void)d; *out = clocks[0][kind]; return OK; }
int nvmlDeviceGetMaxClockInfo(device *d, u32 kind, u32 *out) { (void)d; *out = clocks[1][kind]; return OK; }
int nvmlDeviceGetApplicationsClock(device *d, u32 kind, u32 *out) {
    (void)d; *out = clocks[1][kind]; return OK;
}
int nvmlDeviceGetTemperature(device *d, u32 kind, u32 *out) { (void)kind; *out = 33 + d->index; return OK; }
int nvmlDeviceGetNvLinkState(device *d, u32 link, u32 *out) { (void)d; *out = link != 4; return OK; }
typedef struct { char legacy[16]; u32 domain, bus, device, id, subsystem; char bus_id[32]; } pci;
int nvmlDeviceGetPciInfo_v3(device *d, pci *out) {
    out->id = 0x233010DE; out->subsystem = 0x16C110DE;
    snprintf(out->bus_id, 32, "00000000:%02X:00.0", 4 + d->index);
    return OK;
}

#ifdef MIG
PAIR(nvmlDeviceGetMigMode, d->index == 0, d->index == 0)
#else
PAIR(nvmlDeviceGetMigMode, 0, 0)
#endif
U32(nvmlDeviceGetMaxMigDeviceCount, 7)
int nvmlDeviceGetMigDeviceHandleByIndex(device *d, u32 index, device **out) {
#ifdef MIG
    if (d->index == 0 && index < 2) { *out = &parts[index]; return OK; }
#endif
    (void)d; (void)index; (void)out;
    return NOT_FOUND;
}
U32(nvmlDeviceGetGpuInstanceId, d->mig + 8)
U32(nvmlDeviceGetComputeInstanceId, 0)
int nvmlDeviceGetAttributes_v2(device *d, u32 *out) { (void)d; memset(out, 0, 40); *out = 16; return OK; }
