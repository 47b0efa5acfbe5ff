// A libcuda.so.1 that finds no device. cuDNN compiles for a device that is elsewhere without calling it, as
// long as it has the functions that a driver has.
namespace {
constexpr int kNoDevice = 100;  // CUDA_ERROR_NO_DEVICE
int name_error(const char** text) {
    *text = "no device";
    return 0;
}
}  // namespace

extern "C" {
int cuDeviceGetCount(int* count) {
    *count = 0;
    return 0;
}
int cuGetErrorName(int, const char** text) {
    return name_error(text);
}
int cuGetErrorString(int, const char** text) {
    return name_error(text);
}
int cuInit() {
    return kNoDevice;
}
int cuDriverGetVersion() {
    return kNoDevice;
}
int cuDeviceGet() {
    return kNoDevice;
}
int cuCtxGetCurrent() {
    return kNoDevice;
}
int cuCtxGetLimit() {
    return kNoDevice;
}
int cuCtxPopCurrent() {
    return kNoDevice;
}
int cuCtxPushCurrent() {
    return kNoDevice;
}
int cuStreamGetCtx() {
    return kNoDevice;
}
int cuLinkCreate() {
    return kNoDevice;
}
int cuLinkAddData() {
    return kNoDevice;
}
int cuLinkComplete() {
    return kNoDevice;
}
int cuLinkDestroy() {
    return kNoDevice;
}
int cuLaunchKernel() {
    return kNoDevice;
}
int cuLaunchKernelEx() {
    return kNoDevice;
}
int cuLaunchCooperativeKernel() {
    return kNoDevice;
}
int cuLibraryLoadData() {
    return kNoDevice;
}
int cuLibraryLoadFromFile() {
    return kNoDevice;
}
int cuLibraryGetKernel() {
    return kNoDevice;
}
int cuLibraryUnload() {
    return kNoDevice;
}
int cuKernelSetAttribute() {
    return kNoDevice;
}
int cuKernelGetAttribute() {
    return kNoDevice;
}
int cuOccupancyMaxPotentialClusterSize() {
    return kNoDevice;
}
}
