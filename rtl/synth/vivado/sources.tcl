# The files of the kernel, for the other scripts here. Not run with Vivado; see README.md.
#
# sources ROOT FOLDER: all Verilog of a kernel that `make generate` has prepared in FOLDER, packages first, the top last.
proc sources {root folder} {
    set rtl [lsort [glob -directory [file join $root rtl] *.sv]]
    return [concat [list [file join $folder sat_isa.sv]] $rtl [list [file join $folder sat_kernel.v]]]
}

# Script arguments (vivado -tclargs): the folder that `make generate` has filled, then what the script names itself.
proc script_arguments {names} {
    global argv
    if {[llength $argv] != [llength $names]} {
        error "expected arguments: $names"
    }
    return [lmap word $argv {file normalize $word}]
}
