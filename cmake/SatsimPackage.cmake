# What the build knows goes into the program; completions and the manual page come out of it; everything is installed and packed.
set(SATSIM_PART_LIST "")
set(SATSIM_PART_COUNT 0)
foreach(part IN LISTS SATSIM_PARTS)
  if(part MATCHES "^(.*)=(true|false)$")
    string(APPEND SATSIM_PART_LIST "\n    {\"${CMAKE_MATCH_1}\", ${CMAKE_MATCH_2}},")
    math(EXPR SATSIM_PART_COUNT "${SATSIM_PART_COUNT} + 1")
  endif()
endforeach()
configure_file("${PROJECT_SOURCE_DIR}/host/build_facts.hpp.in" "${PROJECT_BINARY_DIR}/generated/build_facts.hpp" @ONLY)

# Never typed: written by the program from its own options.
set(shell "${PROJECT_BINARY_DIR}/shell")
file(MAKE_DIRECTORY "${shell}")
add_custom_command(
  OUTPUT "${shell}/satsim.1" "${shell}/satsim.bash" "${shell}/_satsim" "${shell}/satsim.fish"
  COMMAND satsim manual -o "${shell}/satsim.1"
  COMMAND satsim completion bash -o "${shell}/satsim.bash"
  COMMAND satsim completion zsh -o "${shell}/_satsim"
  COMMAND satsim completion fish -o "${shell}/satsim.fish"
  DEPENDS satsim
  COMMENT "Writing the manual page and the shells' completions")
add_custom_target(satsim_shell ALL DEPENDS "${shell}/satsim.1" "${shell}/satsim.bash" "${shell}/_satsim" "${shell}/satsim.fish")

install(DIRECTORY models/ DESTINATION ${CMAKE_INSTALL_DATADIR}/satsim/models)
install(DIRECTORY rtl/ DESTINATION ${CMAKE_INSTALL_DATADIR}/satsim/rtl)
install(FILES "${PROJECT_BINARY_DIR}/generated/sat_isa.sv" DESTINATION ${CMAKE_INSTALL_DATADIR}/satsim/rtl)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES "${shell}/satsim.1" DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES "${shell}/satsim.bash" DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME satsim)
install(FILES "${shell}/_satsim" DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES "${shell}/satsim.fish" DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME satsim)
set(CPACK_PACKAGE_VENDOR satsim)
set(CPACK_PACKAGE_CONTACT "satsim developers <satsim@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)  # dependencies are what the binaries link
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "yosys, verilator")
include(CPack)
