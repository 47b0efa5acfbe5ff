# Third-party parts, all Debian packages. Required ones stop the configuration; optional ones are reported.
set(SATSIM_SUMMARY "" CACHE INTERNAL "")
function(satsim_report what found cost)
  if(${found})
    set(line "  ${what}: found")
  else()
    set(line "  ${what}: not found (${cost})")
  endif()
  set(SATSIM_SUMMARY "${SATSIM_SUMMARY};${line}" CACHE INTERNAL "")
endfunction()

function(satsim_print_summary)
  message(STATUS "satsim ${PROJECT_VERSION}, ${CMAKE_BUILD_TYPE}")
  foreach(line IN LISTS SATSIM_SUMMARY)
    message(STATUS "${line}")
  endforeach()
endfunction()

find_package(Python3 REQUIRED COMPONENTS Interpreter)  # generates the instruction set's two faces
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Eigen3 REQUIRED)

find_package(SQLite3 REQUIRED)  # results of sweeps

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

if(SATSIM_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
if(SATSIM_BUILD_BENCH)
  find_package(benchmark QUIET)
  satsim_report("Google Benchmark" benchmark_FOUND "install libbenchmark-dev; without it no benchmarks are built")
endif()
