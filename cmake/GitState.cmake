# cmake -D SOURCE=DIR -D HEADER=FILE -P GitState.cmake: writes SATSIM_GIT_STATE, the commit of SOURCE and whether files under
# version control differ from it. HEADER is touched only when it changes.
find_package(Git QUIET)
set(state "")
if(Git_FOUND)
  execute_process(COMMAND "${GIT_EXECUTABLE}" describe --always --dirty --abbrev=12 --exclude=* WORKING_DIRECTORY "${SOURCE}"
                  OUTPUT_VARIABLE state OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(state MATCHES "^([0-9a-f]+)-dirty$")
  set(state "commit ${CMAKE_MATCH_1}, with changes that are not committed")
elseif(state MATCHES "^[0-9a-f]+$")
  set(state "commit ${state}")
else()
  set(state "sources outside of a git checkout")
endif()
file(WRITE "${HEADER}.new" "#define SATSIM_GIT_STATE \"${state}\"\n")
execute_process(COMMAND ${CMAKE_COMMAND} -E copy_if_different "${HEADER}.new" "${HEADER}")
