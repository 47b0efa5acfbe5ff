# satsim_library(NAME SOURCES a.cpp ... DEPS lib ...): a static library; headers are included from the repository root.
function(satsim_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}/generated")
  target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS} satsim_warnings)
endfunction()

# satsim_precompile(TARGET <header> ...): headers of libraries that most of the target's files include anyway.
function(satsim_precompile target)
  if(SATSIM_PRECOMPILE)
    target_precompile_headers(${target} PRIVATE ${ARGN})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND SATSIM_CCACHE)
      target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)  # else ccache cannot follow it
    endif()
  endif()
endfunction()

# satsim_compile_fast(TARGET): what runs for a moment, in front of libraries that do the work, need not be optimised for long. A third
# of the compiler's time.
function(satsim_compile_fast target)
  target_compile_options(${target} PRIVATE $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release,RelWithDebInfo>>:-O1>)
endfunction()

# satsim_test(NAME SOURCES ... DEPS ... [LABELS ...]): a GoogleTest program, one CTest entry per program.
function(satsim_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests/bin")
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gtest GTest::gtest_main satsim_warnings)
  target_compile_definitions(${name} PRIVATE SATSIM_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                             SATSIM_BINARY_DIR="${PROJECT_BINARY_DIR}")
  satsim_compile_fast(${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

# satsim_bench(NAME SOURCES ... DEPS ...): a Google Benchmark program, never run as a test.
function(satsim_bench name)
  if(NOT SATSIM_BUILD_BENCH OR NOT benchmark_FOUND)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests/bin")
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} benchmark::benchmark benchmark::benchmark_main satsim_warnings)
endfunction()
