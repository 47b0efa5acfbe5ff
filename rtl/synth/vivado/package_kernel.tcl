# Packages SAT as an RTL kernel (.xo). Not run with Vivado: written after UG1393 ("Packaging RTL Kernels"), checked by
# tests/vivado against recorded calls only; see README.md.
#
# vivado -mode batch -source package_kernel.tcl -tclargs FOLDER KERNEL.xo
# FOLDER is what `make generate` has filled; the packaged IP and the projects go there too.
set here [file dirname [file normalize [info script]]]
source [file join $here sources.tcl]
lassign [script_arguments {FOLDER KERNEL.xo}] folder xo
source [file join $folder kernel.tcl]

set root [file normalize [file join $here .. .. ..]]
set ip [file join $folder ip]
set part xcvu9p-fsgd2104-2-e  ;# of the U200; the VCU1525's differs in the speed grade only, and the .xo names none

# ---- project with the sources --------------------------------------------------------------------------------------
create_project -force sat_package [file join $folder package] -part $part
add_files -norecurse [sources $root $folder]
set_property top $kernel(name) [current_fileset]
update_compile_order -fileset sources_1

# ---- IP: interfaces by the names of the ports ----------------------------------------------------------------------
ipx::package_project -root_dir $ip -vendor satsim -library kernel -taxonomy /KernelIP -import_files -set_current false
ipx::unload_core [file join $ip component.xml]
ipx::edit_ip_in_project -upgrade true -name sat_edit -directory $ip [file join $ip component.xml]
set core [ipx::current_core]
set_property name $kernel(name) $core
set_property version $kernel(version) $core
set_property core_revision 1 $core

# Every interface runs from ap_clk, whose reset is ap_rst_n. Both names, and `interrupt`, are those that every release of Vitis
# takes; package_project infers them, and the two associations say what belongs together.
foreach interface [concat [list $kernel(control)] $kernel(masters)] {
    ipx::associate_bus_interfaces -busif $interface -clock ap_clk $core
}
ipx::associate_bus_interfaces -clock ap_clk -reset ap_rst_n $core

# ---- registers behind s_axi_control --------------------------------------------------------------------------------
# Only those of ap_ctrl_hs and the arguments. Status, sizes and counters are not declared on purpose: a release that writes kernel.xml itself
# takes every register from 0x10 on for an argument. The host reads them by their offsets.
set map [ipx::add_memory_map $kernel(control) $core]
set_property slave_memory_map_ref $kernel(control) [ipx::get_bus_interfaces $kernel(control) -of_objects $core]
set block [ipx::add_address_block reg0 $map]
set_property range $kernel(range) $block
set_property width 32 $block
foreach entry $kernel(registers) {
    lassign $entry name offset bits access master text fields
    set register [ipx::add_register $name $block]
    set_property description $text $register
    set_property address_offset $offset $register
    set_property size $bits $register
    set_property access $access $register
    foreach field $fields {
        lassign $field field_name lsb width field_access field_text
        set object [ipx::add_field $field_name $register]
        set_property description $field_text $object
        set_property bit_offset $lsb $object
        set_property bit_width $width $object
        set_property access $field_access $object
    }
    if {$master ne ""} {  ;# the address that this master adds to
        set object [ipx::add_register_parameter ASSOCIATED_BUSIF $register]
        set_property value $master $object
    }
}

# ---- kernel --------------------------------------------------------------------------------------------------------
set_property sdx_kernel true $core
set_property sdx_kernel_type rtl $core
set_property supported_families {} $core
set_property auto_family_support_level level_2 $core
ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::check_integrity $core
ipx::save_core $core
close_project -delete

file delete -force $xo  ;# package_xo does not overwrite
package_xo -xo_path $xo -kernel_name $kernel(name) -ip_directory $ip -kernel_xml [file join $folder kernel.xml]
