# satsim_verilate(TARGET PREFIX V... TOP module SOURCES a.sv ... [PARAMETERS R=4 ...] [TRACE]): adds one verilated model to a
# library, with TRACE one that can write FST waves. rtl/ is searched for modules; the generated package sat_isa comes first. Warnings stop the build.
include_guard(GLOBAL)

function(satsim_verilate target)
  cmake_parse_arguments(ARG "TRACE" "PREFIX;TOP" "SOURCES;PARAMETERS" ${ARGN})
  set(trace)
  if(ARG_TRACE)
    set(trace TRACE_FST)
  endif()
  list(TRANSFORM ARG_PARAMETERS PREPEND "-G")
  # Verilator also runs once while CMake configures, so the package must exist by then; the build renews it.
  set(generated "${PROJECT_BINARY_DIR}/generated")
  if(NOT EXISTS "${generated}/sat_isa.sv")
    file(MAKE_DIRECTORY "${generated}")
    execute_process(
      COMMAND "${Python3_EXECUTABLE}" "${PROJECT_SOURCE_DIR}/tools/generate_isa.py"
              "${PROJECT_SOURCE_DIR}/isa/sat_isa.json" --cpp "${generated}/sat_isa.hpp" --sv "${generated}/sat_isa.sv"
      COMMAND_ERROR_IS_FATAL ANY)
  endif()
  verilate(${target} ${trace} PREFIX ${ARG_PREFIX} TOP_MODULE ${ARG_TOP}
           SOURCES "${generated}/sat_isa.sv" ${ARG_SOURCES}
           INCLUDE_DIRS "${PROJECT_SOURCE_DIR}/rtl"
           VERILATOR_ARGS -Wall --x-assign unique --x-initial unique --assert -O3 ${ARG_PARAMETERS}
           OPT_FAST -O2 OPT_SLOW -O1 OPT_GLOBAL -O2)
  add_dependencies(${target} satsim_isa_generated)
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
