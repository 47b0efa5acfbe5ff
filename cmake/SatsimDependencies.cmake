# Third-party parts, all Debian packages. Required ones stop the configuration; optional ones are reported.
include(SatsimReport)
find_package(Python3 REQUIRED COMPONENTS Interpreter)  # generates the instruction set's two faces
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Eigen3 REQUIRED)
find_package(Boost REQUIRED)  # graph algorithms, headers alone

find_package(SQLite3 REQUIRED)  # results of sweeps
find_package(ZLIB REQUIRED)  # compressed traces

# Sweeps over several machines. Open MPI's own search runs its compiler, which needs the package to be whole.
find_package(MPI QUIET COMPONENTS CXX)
if(MPI_CXX_FOUND)
  find_package(Boost QUIET COMPONENTS mpi serialization)
endif()
if(MPI_CXX_FOUND AND Boost_MPI_FOUND)
  set(SATSIM_MPI TRUE)
else()
  set(SATSIM_MPI FALSE)
endif()
satsim_report("Boost.MPI" SATSIM_MPI "install libboost-mpi-dev and openmpi-bin, without them a sweep runs on one machine")

# Debian's SystemC 2.3.4 ships no CMake package and was built as C++17: naming that ABI is what lets C++20 code link.
find_path(SYSTEMC_INCLUDE_DIR systemc PATH_SUFFIXES include)
find_library(SYSTEMC_LIBRARY systemc)
if(SYSTEMC_INCLUDE_DIR AND SYSTEMC_LIBRARY)
  set(SYSTEMC_FOUND TRUE)
  add_library(SystemC::systemc INTERFACE IMPORTED)
  target_include_directories(SystemC::systemc SYSTEM INTERFACE "${SYSTEMC_INCLUDE_DIR}")
  target_link_libraries(SystemC::systemc INTERFACE "${SYSTEMC_LIBRARY}" Threads::Threads)
  target_compile_definitions(SystemC::systemc INTERFACE SC_CPLUSPLUS=201703L)
else()
  message(FATAL_ERROR "SystemC is required: install libsystemc-dev")
endif()
satsim_report("SystemC" SYSTEMC_FOUND "install libsystemc-dev; without it there is no cycle model")

option(SATSIM_RTL "Verilate the RTL and build its tests, where Verilator is found" ON)
find_program(SATSIM_VERILATOR verilator)
if(SATSIM_RTL AND SATSIM_VERILATOR)
  find_package(verilator CONFIG QUIET HINTS /usr/share/verilator $ENV{VERILATOR_ROOT})
endif()
satsim_report("Verilator" verilator_FOUND "install verilator; without it the RTL co-simulation tests are skipped")

find_program(SATSIM_YOSYS yosys)
satsim_report("Yosys" SATSIM_YOSYS "install yosys; without it the RTL subset check is skipped")

# D3 is embedded in the reports that satsim writes. Debian builds it from its sources.
find_file(SATSIM_D3 NAMES d3.min.js d3.js PATHS /usr/share/nodejs/d3/dist /usr/share/nodejs/d3 NO_DEFAULT_PATH)
satsim_report("D3" SATSIM_D3 "install node-d3; without it --report writes no pages")
find_program(SATSIM_CHROMIUM NAMES chromium chromium-browser google-chrome)
satsim_report("Chromium" SATSIM_CHROMIUM "install chromium; without it the test that opens a report is skipped")
# Debian's xrt.pc names folders that do not exist, so the parts are looked for by themselves.
find_path(XRT_INCLUDE_DIR xrt/xrt_kernel.h PATH_SUFFIXES xrt)
find_library(XRT_COREUTIL_LIBRARY xrt_coreutil)
find_library(XRT_UUID_LIBRARY uuid)  # XRT's headers call it
if(XRT_INCLUDE_DIR AND XRT_COREUTIL_LIBRARY AND XRT_UUID_LIBRARY)
  set(XRT_FOUND TRUE)
  add_library(XRT::coreutil INTERFACE IMPORTED)
  target_include_directories(XRT::coreutil SYSTEM INTERFACE "${XRT_INCLUDE_DIR}")
  target_link_libraries(XRT::coreutil INTERFACE "${XRT_COREUTIL_LIBRARY}" "${XRT_UUID_LIBRARY}" Threads::Threads)
endif()
satsim_report("XRT" XRT_FOUND "install libxrt-dev and uuid-dev; without them satsim-card, the host program of a card, is not built")
# Debian's package of ONNX has no protobuf headers of its own and ships the ML variant of its messages only.
option(SATSIM_ONNX "Build the ONNX importer, where libonnx-dev and libprotobuf-dev are found" ON)
if(SATSIM_ONNX)
  find_path(ONNX_INCLUDE_DIR onnx/onnx-ml.pb.h)
  find_path(PROTOBUF_INCLUDE_DIR google/protobuf/message.h)
  find_library(ONNX_LIBRARY onnx)
  find_library(ONNX_PROTO_LIBRARY onnx_proto)
  find_library(PROTOBUF_LIBRARY protobuf)
  if(ONNX_INCLUDE_DIR AND PROTOBUF_INCLUDE_DIR AND ONNX_LIBRARY AND ONNX_PROTO_LIBRARY AND PROTOBUF_LIBRARY)
    set(SATSIM_ONNX_FOUND TRUE)
    add_library(SatsimOnnx::onnx INTERFACE IMPORTED)
    target_include_directories(SatsimOnnx::onnx SYSTEM INTERFACE "${ONNX_INCLUDE_DIR}" "${PROTOBUF_INCLUDE_DIR}")
    target_link_libraries(SatsimOnnx::onnx INTERFACE "${ONNX_LIBRARY}" "${ONNX_PROTO_LIBRARY}" "${PROTOBUF_LIBRARY}")
    target_compile_definitions(SatsimOnnx::onnx INTERFACE ONNX_ML=1 ONNX_NAMESPACE=onnx)
  endif()
endif()
satsim_report("ONNX" SATSIM_ONNX_FOUND "install libonnx-dev and libprotobuf-dev; without them `satsim models import` is not built")

if(SATSIM_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
if(SATSIM_BUILD_BENCH)
  find_package(benchmark QUIET)
  satsim_report("Google Benchmark" benchmark_FOUND "install libbenchmark-dev; without it no benchmarks are built")
endif()
