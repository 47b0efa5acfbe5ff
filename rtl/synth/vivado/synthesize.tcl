# Synthesis, placement and routing of sat_kernel by itself (out of context), with the floorplan, for utilisation and timing before a
# shell is linked. Not run with Vivado; see README.md.
#
# vivado -mode batch -source synthesize.tcl -tclargs FOLDER PART     PART: xcvu9p-fsgd2104-2-e (U200), xcvu9p-fsgd2104-2L-e (VCU1525)
set here [file dirname [file normalize [info script]]]
source [file join $here sources.tcl]
set folder [file normalize [lindex $argv 0]]
set part [lindex $argv 1]
source [file join $folder kernel.tcl]
set clock_period [expr {1e9 / $kernel(clock_hz)}]

read_verilog -sv [sources [file normalize [file join $here .. .. ..]] $folder]
# The constraints use a variable, so they are Tcl, and unmanaged.
read_xdc -unmanaged [file join $here sat_kernel_ooc.xdc]
# The hierarchy stays, for the floorplan and for figures of each block; retiming is what the units' pipelines were written for.
synth_design -top $kernel(name) -part $part -mode out_of_context -flatten_hierarchy none -retiming
write_checkpoint -force [file join $folder synthesized.dcp]
report_utilization -hierarchical -file [file join $folder utilization_synthesized.txt]
opt_design
source [file join $folder floorplan.tcl]
place_design
phys_opt_design
route_design
write_checkpoint -force [file join $folder routed.dcp]
report_utilization -hierarchical -file [file join $folder utilization.txt]
report_utilization -slr -file [file join $folder utilization_slr.txt]
report_timing_summary -max_paths 20 -file [file join $folder timing.txt]
