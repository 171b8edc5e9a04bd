/* An NVML that answers without a GPU: eight H100 as in tests of nvidia-smi.
 *
 *   gcc -shared -fPIC -o libnvidia-ml.so.1 shim.c
 *
 * -DOLD leaves out functions that older drivers lack, -DCRASH dies in the middle,
 * -DNO_DRIVER does not start, -DLOST loses the fourth device, -DMIG cuts the first into two,
 * -DSICK has a fault in its fabric, and a second GPU that asks for a reset,
 * -DH200 is the H200 of shared/data/gpu-h200, -DODD answers with bytes and words that are no
 * values, -DRELOAD has another driver at the end, -DGONE loses the driver after its start.
 */
#include <stdio.h>
#include <string.h>

#define OK 0
#define UNINITIALIZED 1
#define INVALID 2
#define NOT_SUPPORTED 3
#define NOT_FOUND 6
#define NO_DRIVER_LOADED 9
#define IS_LOST 15
#define MISMATCH 25
#define UNKNOWN 999

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

#ifdef H200
#define EITHER(h100, h200) h200
#else
#define EITHER(h100, h200) h100
#endif

int nvmlSystemGetDriverVersion(char *out, u32 size) {
    const char *version = EITHER("570.86.15", "580.159.04");
#ifdef RELOAD
    static int calls;
    if (calls++) version = "580.95.05";
#endif
    snprintf(out, size, "%s", version);
    return OK;
}
int nvmlSystemGetCudaDriverVersion_v2(int *out) { *out = EITHER(12080, 13000); return OK; }
int nvmlSystemGetConfComputeState(u32 *out) { out[0] = 0; out[1] = 0; out[2] = 0; return OK; }
int nvmlDeviceGetCount_v2(u32 *out) {
    *out = EITHER(8, 1);
#ifdef GONE
    return UNINITIALIZED;
#else
    return OK;
#endif
}
int nvmlDeviceGetHandleByIndex_v2(u32 index, device **out) {
#ifdef LOST
    if (index == 3) return IS_LOST;
#endif
    *out = &devices[index];
    return index < 8 ? OK : INVALID;
}

TEXT(nvmlDeviceGetName, EITHER("NVIDIA H100 80GB HBM3", "NVIDIA H200"))
TEXT(nvmlDeviceGetUUID, EITHER("GPU-00000000-0000-0000-0000-%012d", "GPU-00000000-1111-2222-3333-444444444444"), d->index)
#ifdef ODD
TEXT(nvmlDeviceGetSerial, "16\xff\x01%d", d->index)
TEXT(nvmlDeviceGetBoardPartNumber, "[Unknown Error]")
#else
TEXT(nvmlDeviceGetSerial, EITHER("165292303400%d", "1650000000001"), d->index)
TEXT(nvmlDeviceGetBoardPartNumber, EITHER("692-2G520-0200-000", "692-2G520-0282-000"))
#endif
int nvmlDeviceGetVbiosVersion(device *d, char *out, u32 size) {
#ifdef CRASH
    *(volatile int *)0 = 1;
#endif
    (void)d;
    snprintf(out, size, EITHER("96.00.A5.00.01", "96.00.A5.00.1A"));
    return OK;
}
#ifndef OLD
int nvmlDeviceGetGspFirmwareVersion(device *d, char *out) { (void)d; strcpy(out, EITHER("570.86.15", "580.159.04")); return OK; }
int nvmlDeviceGetAddressingMode(device *d, u32 *out) { (void)d; out[1] = 0; return OK; }
int nvmlDeviceGetC2cModeInfoV(device *d, u32 *out) { (void)d; *out = 0; return OK; }
int nvmlDeviceGetModuleId(device *d, u32 *out) { *out = EITHER((u32)d->index, 2); return OK; }
typedef struct { u32 version; unsigned char uuid[16]; u32 status, clique, state, health; unsigned char summary; } fabric;
int nvmlDeviceGetGpuFabricInfoV(device *d, fabric *out) {
    (void)d;
    memset(out->uuid, 0, 16);
    out->status = 0; out->clique = 0; out->state = EITHER(3, 0); out->health = 0;
#ifdef SICK
    if (out->version == 0x3000028) { out->health = 0x1259; out->summary = 2; }
#else
    if (out->version == 0x3000028) return EITHER(MISMATCH, OK);
#endif
    return OK;
}
int nvmlDeviceGetMemoryInfo_v2(device *d, u64 *out) {
    out[1] = (d->mig ? 9856ULL : EITHER(81559ULL, 143771ULL)) << 20;
    out[2] = EITHER(550ULL, 616ULL) << 20; out[4] = EITHER(1ULL << 20, 0); out[3] = out[1] - out[2] - out[4];
    return OK;
}
int nvmlDeviceGetCurrentClocksEventReasons(device *d, u64 *out) { (void)d; *out = 1; return OK; }
#else
int nvmlDeviceGetCurrentClocksThrottleReasons(device *d, u64 *out) { (void)d; *out = 0x44; return OK; }
#endif
TEXT(nvmlDeviceGetInforomImageVersion, EITHER("G520.0200.00.05", "G520.0282.02.02"))
int nvmlDeviceGetInforomVersion(device *d, u32 kind, char *out, u32 size) {
    (void)d;
    if (kind == 2) return NOT_SUPPORTED;
    snprintf(out, size, kind == 1 ? "7.16" : "2.1");
    return OK;
}
U32(nvmlDeviceGetMinorNumber, d->index)
U32(nvmlDeviceGetArchitecture, 9)
U32(nvmlDeviceGetPersistenceMode, EITHER(0, 1))
U32(nvmlDeviceGetDisplayMode, 1)
U32(nvmlDeviceGetDisplayActive, 0)
U32(nvmlDeviceGetComputeMode, 0)
U32(nvmlDeviceGetVirtualizationMode, 1)
int nvmlDeviceGetRetiredPagesPendingStatus(device *d, u32 *out) { (void)d; *out = 0; return EITHER(OK, NOT_SUPPORTED); }
U32(nvmlDeviceGetPowerManagementLimit, 700000)
U32(nvmlDeviceGetPowerManagementDefaultLimit, 700000)
U32(nvmlDeviceGetPowerUsage, EITHER(70930, 79510))
U32(nvmlDeviceGetMaxPcieLinkGeneration, EITHER(4, 5))
U32(nvmlDeviceGetCurrPcieLinkGeneration, EITHER(4, 5))
U32(nvmlDeviceGetMaxPcieLinkWidth, 16)
U32(nvmlDeviceGetCurrPcieLinkWidth, 16)
U32(nvmlDeviceGetPcieReplayCounter, EITHER(3, 0))
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
    (void)d; out[0] = EITHER(131072ULL, 262144ULL) << 20; out[1] = out[0]; out[2] = 0; return OK;
}
int nvmlDeviceGetTotalEccErrors(device *d, u32 kind, u32 counter, u64 *out) {
    (void)d; *out = EITHER(0, kind == 0 && counter == 1 ? 6 : 0); (void)kind; (void)counter;
#ifdef ODD
    if (d->index == 1 && kind == 1) return UNKNOWN;
#endif
    return OK;
}
int nvmlDeviceGetRetiredPages(device *d, u32 cause, u32 *count, u64 *pages) {
    (void)d; (void)cause; (void)pages; *count = 0; return NOT_SUPPORTED;
}
int nvmlDeviceGetRemappedRows(device *d, u32 *a, u32 *b, u32 *c, u32 *e) {
    (void)d; *a = *b = *c = *e = 0; return OK;
}
typedef struct { u32 max, high, partial, low, none; } banks;
int nvmlDeviceGetRowRemapperHistogram(device *d, banks *out) {
    (void)d; memset(out, 0, sizeof *out); out->max = EITHER(2560, 3072); return OK;
}
typedef struct { u32 field, scope; u64 when, latency; u32 type; int code; union { u32 number; u64 all; } value; } value;
int nvmlDeviceGetFieldValues(device *d, int count, value *out) {
    (void)count;
    out->code = OK; out->value.number = 0;
#ifdef OLD
    out->code = INVALID;
#endif
#ifdef SICK
    out->value.number = d->index == 1;
#endif
    (void)d;
    return OK;
}
#define MEMORY EITHER(2619, 3201)
static u32 clocks[2][4] = {{345, 345, MEMORY, 765}, {1980, 1980, MEMORY, 1545}};
int nvmlDeviceGetClockInfo(device *d, u32 kind, u32 *out) { (void)d; *out = clocks[0][kind]; return OK; }
int nvmlDeviceGetMaxClockInfo(device *d, u32 kind, u32 *out) { (void)d; *out = clocks[1][kind]; return OK; }
int nvmlDeviceGetApplicationsClock(device *d, u32 kind, u32 *out) {
    (void)d; *out = clocks[1][kind]; return OK;
}
int nvmlDeviceGetTemperature(device *d, u32 kind, u32 *out) { (void)kind; *out = EITHER(33, 36) + d->index; return OK; }
int nvmlDeviceGetNvLinkState(device *d, u32 link, u32 *out) { (void)d; *out = link != 4; return EITHER(OK, NOT_SUPPORTED); }
typedef struct { char legacy[16]; u32 domain, bus, device, id, subsystem; char bus_id[32]; } pci;
int nvmlDeviceGetPciInfo_v3(device *d, pci *out) {
    out->id = EITHER(0x233010DE, 0x233510DE); out->subsystem = EITHER(0x16C110DE, 0x18BF10DE);
    snprintf(out->bus_id, 32, EITHER("00000000:%02X:00.0", "00000000:00:06.0"), 4 + d->index);
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
