# Timing of sat_kernel by itself (synthesize.tcl). Not run with Vivado; see README.md. Under a shell v++ gives the clock, and this
# file has no part in it. The period is that of the hardware file: synthesize.tcl sets clock_period before it reads this file.

create_clock -name ap_clk -period $clock_period [get_ports ap_clk]

# What a clock tree and jitter take, as `satsim synth` counts it (models/devices/xcvu9p.json, clock_uncertainty).
set_clock_uncertainty -setup 0.100 [get_clocks ap_clk]

# Ports: the shell's interconnect registers both sides of every AXI channel. A third of the period is left to it, so that a long path
# behind a port shows here and not only after linking.
set outside [expr {$clock_period / 3.0}]
set_input_delay -clock ap_clk $outside [get_ports -filter {DIRECTION == IN && NAME != "ap_clk"}]
set_output_delay -clock ap_clk $outside [get_ports -filter {DIRECTION == OUT}]

# No false paths and no multicycle paths: everything is one clock, and the contract counts every cycle of it.
