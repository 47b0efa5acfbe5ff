# satsim_netlist(NAME TOP module PREFIX V... RTL a.sv ... [PARAMETERS R=4 ...] [FLAT] [DESIGN top DESIGN_PARAMETERS R=4 ...]):
# Yosys maps module TOP, flat or module by module, to the cells of an XCVU9P with the options of `satsim synth`; Verilator simulates
# that netlist with Yosys's models of the cells. NAME is a library with class PREFIX; its users see the class that the RTL has, and can
# be the same tests.
# To be linked whole ($<LINK_LIBRARY:WHOLE_ARCHIVE,NAME>) and first: then a test that also links the RTL's class of that name for
# Verilator's run time fails to link rather than simulate the RTL.
# With DESIGN the netlist takes TOP's place in another module of the RTL, and the class is that module's.
include_guard(GLOBAL)

find_file(SATSIM_XILINX_CELLS xilinx/cells_sim.v PATHS /usr/share/yosys /usr/local/share/yosys
          HINTS "${SATSIM_YOSYS}/../../share/yosys" NO_DEFAULT_PATH)

function(satsim_netlist name)
  cmake_parse_arguments(ARG "FLAT" "TOP;PREFIX;DESIGN" "RTL;PARAMETERS;DESIGN_PARAMETERS" ${ARGN})
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${name}")
  set(netlist "${folder}/${ARG_TOP}_netlist.v")
  set(package "${PROJECT_BINARY_DIR}/generated/sat_isa.sv")
  list(TRANSFORM ARG_RTL PREPEND "${PROJECT_SOURCE_DIR}/")
  set(script "")
  foreach(source "${package}" ${ARG_RTL})
    string(APPEND script "read_verilog -sv -defer \"${source}\"\n")
  endforeach()
  string(APPEND script "hierarchy -check -top ${ARG_TOP}")
  foreach(parameter ${ARG_PARAMETERS})
    string(REPLACE "=" " " parameter "${parameter}")
    string(APPEND script " -chparam ${parameter}")
  endforeach()
  set(flatten "")
  if(ARG_FLAT)
    set(flatten "-flatten")
  endif()
  # The cells are dissolved by Yosys: Verilator 5.006 simulates FDRE and CARRY4 as modules wrongly (a division off by its exponent), and
  # takes a vector whose bits depend on each other for a loop.
  string(APPEND script "\nsynth_xilinx -family xcup -noiopad -noclkbuf -nowidelut ${flatten}\n"
                       "write_verilog -noattr \"${folder}/mapped.v\"\ndesign -reset\n"
                       "read_verilog \"${folder}/mapped.v\"\nread_verilog \"${CMAKE_CURRENT_SOURCE_DIR}/cells.v\"\n"
                       "read_verilog -nooverwrite \"${SATSIM_XILINX_CELLS}\"\n"
                       "hierarchy -top ${ARG_TOP}\nproc\nflatten\nmemory_collect\nopt_expr\nwreduce\nopt_clean -purge\nsplitnets\nopt_clean -purge\n")
  set(verilated "${netlist}" "${CMAKE_CURRENT_SOURCE_DIR}/dsp48e2.v")
  set(top ${ARG_TOP})
  set(wrapper "")
  set(rest "")  # of the design, read by Verilator
  if(ARG_DESIGN)
    file(GLOB rest CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/rtl/*.sv")
    string(APPEND script "rename ${ARG_TOP} ${ARG_TOP}_netlist\n")
    set(wrapper "${folder}/${ARG_TOP}.sv")
    list(PREPEND verilated "${package}" "${wrapper}")
    list(APPEND verilated "${PROJECT_SOURCE_DIR}/rtl/${ARG_DESIGN}.sv" "-I${PROJECT_SOURCE_DIR}/rtl")
    set(top ${ARG_DESIGN})
    add_custom_command(OUTPUT "${wrapper}"
      COMMAND "${Python3_EXECUTABLE}" "${PROJECT_SOURCE_DIR}/tools/netlist_wrapper.py"
              "${PROJECT_SOURCE_DIR}/rtl/${ARG_TOP}.sv" "${wrapper}"
      DEPENDS "${PROJECT_SOURCE_DIR}/rtl/${ARG_TOP}.sv" "${PROJECT_SOURCE_DIR}/tools/netlist_wrapper.py" VERBATIM)
  endif()
  string(APPEND script "write_verilog -noattr \"${netlist}\"\n")
  file(MAKE_DIRECTORY "${folder}")
  file(CONFIGURE OUTPUT "${folder}/synthesize.ys" CONTENT "${script}" @ONLY)
  list(TRANSFORM ARG_DESIGN_PARAMETERS PREPEND "-G")

  add_custom_command(OUTPUT "${netlist}"
    COMMAND "${SATSIM_YOSYS}" -q -l "${folder}/yosys.log" -s "${folder}/synthesize.ys"
    DEPENDS "${folder}/synthesize.ys" "${CMAKE_CURRENT_SOURCE_DIR}/cells.v" "${package}" ${ARG_RTL} satsim_isa_generated
    COMMENT "Yosys: netlist of ${ARG_TOP}" VERBATIM)
  set(archive "${folder}/${ARG_PREFIX}__ALL.a")
  add_custom_command(OUTPUT "${archive}" "${folder}/${ARG_PREFIX}.h"
    COMMAND "${VERILATOR_BIN}" --cc ${verilated} --top-module ${top} --prefix ${ARG_PREFIX} -Mdir "${folder}"
            ${ARG_DESIGN_PARAMETERS} -O3 --x-assign unique --x-initial unique -Wno-lint -Wno-UNOPTFLAT -Wno-INITIALDLY -Wno-fatal
    COMMAND make -s -C "${folder}" -f ${ARG_PREFIX}.mk OPT_FAST=-O1 OPT_SLOW=-O0 ${ARG_PREFIX}__ALL.a
    DEPENDS "${netlist}" ${wrapper} ${rest} "${CMAKE_CURRENT_SOURCE_DIR}/dsp48e2.v"
    COMMENT "Verilator: netlist of ${ARG_TOP}" VERBATIM)
  add_custom_target(${name}_built DEPENDS "${archive}")
  add_library(${name} STATIC IMPORTED)
  add_dependencies(${name} ${name}_built)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION "${archive}" INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${folder}"
                                           INTERFACE_INCLUDE_DIRECTORIES "${folder}")
endfunction()
