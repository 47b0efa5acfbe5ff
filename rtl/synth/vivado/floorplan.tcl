# Which part of SAT lies in which super logic region. Not run with Vivado; see README.md.
#
# `make generate` puts kernel.tcl before this text and the whole beside the other generated files, so that Vivado can read it from anywhere.
# Sourced before opt_design: by synthesize.tcl, and by v++ through run.impl_1.STEPS.OPT_DESIGN.TCL.PRE.
#
# XCVU9P has three regions, the middle one with less than half of the others' LUTs under a shell (models/devices/xcvu9p.json). SAT is larger than any of them.
# Regions are neighbours in the order SLR0, SLR1, SLR2, so:
#   array     rows in order from the north (SLR2) to the south (SLR0). Values, indices, drain slots and partial sums pass from row to row through one register
#             a row, in one direction: a cut between two rows is crossed by registers only, but for the partial sums (see README.md).
#   north     operand buffers and the array's controller with row 0, which they feed: SLR2.
#   results   result memory and conversion with the last row, which fills it: SLR0.
#   vector    VMEM and the vector engine (DSPs, UltraRAM): SLR0, to leave SLR2 to the north buffers and the ports.
#   ports     AXI masters, LOAD, STORE, FETCH, registers, and the sequencers, which FETCH fills: SLR2, the only region with room for them beside its rows.
#             Two crossings from DDR[0], one from DDR[1] and DDR[2].
#
# This is the split that `satsim synth` finds with the rows in order (docs/synthesis.md says how full it makes each region; a test compares them).

# The share of the rows in each region; SLR0 has the rest: 15, 9 and 8 of 32 rows.
set share(SLR2) 0.47
set share(SLR1) 0.28

# region_of_row ROW ROWS
proc region_of_row {row rows} {
    global share
    set first [expr {round($share(SLR2) * $rows)}]
    set second [expr {$first + round($share(SLR1) * $rows)}]
    return [expr {$row < $first ? "SLR2" : $row < $second ? "SLR1" : "SLR0"}]
}

# Cells under sat_core and beside it, as patterns of their names below sat_top, and their regions.
proc placement {rows} {
    set list {}
    for {set row 0} {$row < $rows} {incr row} {
        set region [region_of_row $row $rows]
        foreach name {gen_west\[%d\].row gen_west\[%d\].gen_delay.hop gen_row\[%d\].gen_column\[*\].pe gen_row\[%d\].gen_element\[*\].element} {
            if {$row == $rows - 1 && [string match *hop $name]} continue  ;# there is no row after the last
            lappend list core/array/[format $name $row] $region
        }
    }
    for {set share 0} {$share * 8 < $rows} {incr share} {  ;# of eight rows each (rtl/stce.sv)
        lappend list core/array/gen_lines\[$share\].west [region_of_row [expr {8 * $share}] $rows]
    }
    foreach name {control lanes value_target index_target values indices gen_value\[*\].value} { lappend list core/array/$name SLR2 }
    foreach name {gen_result\[*\].column gen_result\[*\].convert} { lappend list core/array/$name SLR0 }
    foreach name {vector_memory vector_engine vec_tokens} { lappend list core/$name SLR0 }
    foreach name {gen_sequencer\[*\].control reads fetcher tokens load_tokens stce_tokens store_tokens loader storer judge dog} { lappend list core/$name SLR2 }
    foreach name {registers reads writes control counting} { lappend list $name SLR2 }
    return $list
}

# The pblock of a region: the shell's own, which already leaves out the static region, else one of the whole region.
proc pblock_of {region} {
    foreach name [list pblock_dynamic_$region sat_$region] {
        if {[llength [get_pblocks -quiet $name]]} { return $name }
    }
    create_pblock sat_$region
    resize_pblock sat_$region -add $region
    return sat_$region
}

# The one instance of sat_top, wherever the shell has put it: by the name that it has in sat_kernel.
set tops [get_cells -hierarchical -filter {ORIG_REF_NAME =~ sat_top* || REF_NAME =~ sat_top*}]
if {[llength $tops] != 1} {
    error "floorplan: expected one instance of sat_top, found [llength $tops]"
}
set top [lindex $tops 0]
foreach {name region} [placement $kernel(R)] {
    # Brackets of a name are no pattern.
    set pattern [string map {\[ \\\[ \] \\\]} $top/$name]
    set cells [get_cells -quiet $pattern]
    if {![llength $cells]} {
        # Synthesis may have dissolved a small block.
        puts "floorplan: warning: no cell $name"
        continue
    }
    add_cells_to_pblock [pblock_of $region] $cells
}
