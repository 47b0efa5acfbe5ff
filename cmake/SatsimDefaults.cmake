# Language level, warnings and the floating-point rules that every target must share.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# Bit equality between all implementations forbids contraction of a*b+c (docs/architecture/numerics.md).
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>)

option(SATSIM_WERROR "Treat warnings as errors" ON)
add_library(satsim_warnings INTERFACE)
target_compile_options(satsim_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(SATSIM_WERROR)
  target_compile_options(satsim_warnings INTERFACE -Werror)
endif()

option(SATSIM_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
if(SATSIM_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

option(SATSIM_BUILD_FUZZ "Build the fuzz targets (needs clang)" OFF)
if(SATSIM_BUILD_FUZZ)
  # The fuzzer sees which branches an input takes in every library.
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
endif()

find_program(SATSIM_CCACHE ccache)
if(SATSIM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Without the sloppiness ccache keeps nothing that was compiled with a precompiled header; with the base presets and clones share.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_SLOPPINESS=pch_defines,time_macros"
      "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" "${SATSIM_CCACHE}")
endif()

option(SATSIM_PRECOMPILE "Precompile the large headers of libraries where many files include them" ON)
