# satsim_verilate(TARGET PREFIX V... TOP module SOURCES a.sv ... [PARAMETERS R=4 ...] [TRACE]
# [LARGE] [TOGGLE [COVERED_ELSEWHERE fp ...]]): adds one verilated model to a library, with TRACE one that can write FST waves. rtl/ is searched for modules; the generated package sat_isa comes first. Warnings stop the build.
# Where the variable SATSIM_VERILATE_FAST is set, models are compiled with -O1: benches of single blocks, which compile longer than they run.
# LARGE is for arrays of hundreds of elements: Verilator's gate optimisation would make every element read its neighbours' registers in
# place, so that each has code of its own; without it all share one function (32x32: 80 MB of C++ instead of 165).
# With SATSIM_COVERAGE every model counts lines. One with TOGGLE also counts toggles, for which Verilator writes a statement a bit and
# instance: one model a block does that, and not in the files rtl/<prefix>*.sv that another model covers.
include_guard(GLOBAL)

option(SATSIM_COVERAGE "Verilate with line and toggle coverage (tools/coverage.sh)" OFF)

function(satsim_verilate target)
  cmake_parse_arguments(ARG "LARGE;TOGGLE;TRACE" "PREFIX;TOP" "SOURCES;PARAMETERS;COVERED_ELSEWHERE" ${ARGN})
  set(trace)
  if(ARG_TRACE)
    set(trace TRACE_FST)
  endif()
  list(TRANSFORM ARG_PARAMETERS PREPEND "-G")
  # Verilator also runs once while CMake configures, so the package must exist by then; the build renews it.
  set(generated "${PROJECT_BINARY_DIR}/generated")
  if(NOT EXISTS "${generated}/sat_isa.sv" OR "${PROJECT_SOURCE_DIR}/isa/sat_isa.json" IS_NEWER_THAN "${generated}/sat_isa.sv")
    file(MAKE_DIRECTORY "${generated}")
    execute_process(
      COMMAND "${Python3_EXECUTABLE}" "${PROJECT_SOURCE_DIR}/tools/generate_isa.py"
              "${PROJECT_SOURCE_DIR}/isa/sat_isa.json" --cpp "${generated}/sat_isa.hpp" --sv "${generated}/sat_isa.sv"
      COMMAND_ERROR_IS_FATAL ANY)
  endif()
  set(coverage)
  set(optimisation OPT_FAST -O2 OPT_SLOW -O1 OPT_GLOBAL -O2)
  if(SATSIM_VERILATE_FAST)
    set(optimisation OPT_FAST -O1 OPT_SLOW -O0 OPT_GLOBAL -O2)  # GLOBAL alike: models of several libraries share Verilator's run time
  endif()
  set(large)
  if(ARG_LARGE)
    set(large -fno-gate)
    set(optimisation OPT_FAST -O1 OPT_SLOW -O0 OPT_GLOBAL -O2)  # -O2 compiles twice as long
  endif()
  if(SATSIM_COVERAGE)
    set(optimisation OPT_FAST -O0 OPT_SLOW -O0 OPT_GLOBAL -O1)  # tens of megabytes of C++
    set(coverage --coverage-line)
    if(ARG_TOGGLE)
      list(APPEND coverage --coverage-toggle)
    endif()
    if(ARG_COVERED_ELSEWHERE)
      set(elsewhere "${CMAKE_CURRENT_BINARY_DIR}/${ARG_PREFIX}.vlt")
      set(lines "`verilator_config\n")
      foreach(prefix ${ARG_COVERED_ELSEWHERE})
        string(APPEND lines "coverage_off -file \"*/rtl/${prefix}*.sv\"\n")
      endforeach()
      file(CONFIGURE OUTPUT "${elsewhere}" CONTENT "${lines}" @ONLY)
      list(APPEND coverage "${elsewhere}")
    endif()
  endif()
  verilate(${target} ${trace} PREFIX ${ARG_PREFIX} TOP_MODULE ${ARG_TOP}
           SOURCES "${generated}/sat_isa.sv" ${ARG_SOURCES}
           INCLUDE_DIRS "${PROJECT_SOURCE_DIR}/rtl"
           VERILATOR_ARGS -Wall --x-assign unique --x-initial unique --assert -O3 ${large} ${coverage}
                          ${ARG_PARAMETERS}
           ${optimisation})
  add_dependencies(${target} satsim_isa_generated)
  if(SATSIM_COVERAGE)
    target_compile_definitions(${target} PUBLIC SATSIM_COVERAGE)
  endif()
  # Verilator's headers are not written for our warnings.
  get_target_property(directories ${target} INTERFACE_INCLUDE_DIRECTORIES)
  set_target_properties(${target} PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${directories}")
endfunction()

# satsim_rtl_skipped(NAME ...): tests that cannot be built without Verilator, listed as skipped under their own names.
function(satsim_rtl_skipped)
  foreach(name ${ARGN})
    add_test(NAME ${name} COMMAND "${CMAKE_COMMAND}" -E echo "skipped: Verilator is missing")
    set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "skipped: Verilator is missing" LABELS "rtl")
  endforeach()
endfunction()
