// A libcuda.so.1 that finds one device, which is all that the program asks the driver.
extern "C" int cuInit(unsigned) {
    return 0;
}
extern "C" int cuDeviceGetCount(int* count) {
    *count = 1;
    return 0;
}
