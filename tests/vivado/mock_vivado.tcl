# Stands in for Vivado: runs a script of rtl/synth/vivado against commands that write down their calls.
#
# tclsh mock_vivado.tcl CALLS CELLS SCRIPT [ARGUMENT...]
# CALLS: one call a line, its words separated by the byte 0x1F. CELLS: names of all hierarchical cells, one a line. A command that is
# not listed here stops the script, as a misspelt one stops Vivado.
set mock_arguments $argv
set mock_log [open [lindex $mock_arguments 0] w]
set mock_cells [split [string trim [read [open [lindex $mock_arguments 1]]]] \n]
set mock_pblocks {}

proc mock_record {words} {
    global mock_log
    puts $mock_log [join [lmap word $words {string map {\n " "} $word}] \x1F]
}

# Commands without an answer that the scripts use.
foreach name {
    create_project add_files set_property update_compile_order close_project package_xo read_verilog synth_design write_checkpoint
    report_utilization report_timing_summary opt_design place_design phys_opt_design route_design create_clock set_clock_uncertainty
    set_input_delay set_output_delay resize_pblock
    ipx::package_project ipx::unload_core ipx::edit_ip_in_project ipx::associate_bus_interfaces ipx::create_xgui_files
    ipx::update_checksums ipx::check_integrity ipx::save_core
} {
    namespace eval [namespace qualifiers ::$name] {}
    proc ::$name {args} [string map [list NAME $name] {mock_record [list NAME {*}$args]}]
}

# Those that make or find an object answer with a name for it.
foreach {name arity} {
    current_fileset 0 ipx::current_core 0 ipx::add_memory_map 2 ipx::add_address_block 2 ipx::add_register 2 ipx::add_field 2
    ipx::add_register_parameter 2 ipx::get_bus_interfaces 3 get_ports -1 get_clocks -1
} {
    proc ::$name {args} [string map [list NAME $name ARITY $arity] {
        if {ARITY >= 0 && [llength $args] != ARITY} { error "wrong number of arguments of NAME: $args" }
        mock_record [list NAME {*}$args]
        return [join [list NAME {*}$args] |]
    }]
}

proc read_xdc {option file} {
    mock_record [list read_xdc $option $file]
    uplevel #0 [list source $file]
}
proc create_pblock {name} {
    global mock_pblocks
    mock_record [list create_pblock $name]
    lappend mock_pblocks $name
    return $name
}
proc add_cells_to_pblock {pblock cells} { mock_record [list add_cells_to_pblock $pblock {*}$cells] }
proc get_pblocks {option name} {
    global mock_pblocks
    return [expr {$name in $mock_pblocks ? $name : ""}]
}
# A star does not go beyond a level of the hierarchy, and a backslash makes a bracket a character.
proc get_cells {args} {
    global mock_cells
    if {[lindex $args 0] eq "-hierarchical"} {
        mock_record [list get_cells {*}$args]
        return [lsearch -all -inline $mock_cells top]
    }
    set pattern [lindex $args end]
    if {[regexp {(^|[^\\])\[} $pattern]} { error "a bracket in a pattern: $pattern" }
    return [lmap cell $mock_cells {
        if {[llength [split $cell /]] != [llength [split $pattern /]] || ![string match $pattern $cell]} continue
        set cell
    }]
}

set argv [lrange $mock_arguments 3 end]
set argc [llength $argv]
set mock_script [lindex $mock_arguments 2]
source $mock_script
close $mock_log
