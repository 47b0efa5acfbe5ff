// SAT as a kernel: the core, its AXI4 masters, one a memory channel, and its AXI4-Lite control registers;
// docs/architecture/top.md. Port names are those that Vitis asks of an RTL kernel.
`default_nettype none

module sat_top #(
    /// Array rows.
    parameter int unsigned R = 4,
    /// Array columns, a multiple of 4.
    parameter int unsigned C = 4,
    /// Largest group size M.
    parameter int unsigned MAXM = 8,
    /// Accumulator slots of a USPE, per bank.
    parameter int unsigned S = 8,
    /// Ganged memory channels: 1, 2 or 4. Masters from CH on are tied off: never valid, never ready.
    parameter int unsigned CH = 1,
    /// Lines of one row's west buffer.
    parameter int unsigned WD = 128,
    /// Lines of the north value buffer.
    parameter int unsigned NVD = 256,
    /// Lines of the north index buffer.
    parameter int unsigned NID = 128,
    /// Result buffer addresses.
    parameter int unsigned RD = 1024,
    /// Instructions of an engine.
    parameter int unsigned IM = 4096,
    /// Lines of the vector memory.
    parameter int unsigned VD = 256,
    /// Longest burst in lines, a power of two up to 64.
    parameter int unsigned BL = 16,
    /// Piece FIFO of LOAD, at least 4.
    parameter int unsigned PF = 256,
    /// Line FIFO of LOAD, at least BL.
    parameter int unsigned LF = 64,
    /// Line FIFO of STORE, at least BL + 1.
    parameter int unsigned SF = 64,
    /// Beats by which a channel may be ahead of another.
    parameter int unsigned SKEW = 32
) (
    /// Clock.
    input  wire logic          ap_clk,
    /// Synchronous reset, active low.
    input  wire logic          ap_rst_n,
    /// Level, 1 while ISR has a bit and GIE allows it.
    /* verilator lint_off SYMRSVDWORD */  // Vitis asks for this very name
    output logic               interrupt,
    /* verilator lint_on SYMRSVDWORD */
    /// Control registers: AXI4-Lite slave.
    input  wire logic          s_axi_control_awvalid,
    /// See `s_axi_control_awvalid`.
    output logic               s_axi_control_awready,
    /// See `s_axi_control_awvalid`.
    input  wire logic [11:0]   s_axi_control_awaddr,
    /// See `s_axi_control_awvalid`.
    input  wire logic          s_axi_control_wvalid,
    /// See `s_axi_control_awvalid`.
    output logic               s_axi_control_wready,
    /// See `s_axi_control_awvalid`.
    input  wire logic [31:0]   s_axi_control_wdata,
    /// See `s_axi_control_awvalid`.
    input  wire logic [3:0]    s_axi_control_wstrb,
    /// See `s_axi_control_awvalid`.
    output logic               s_axi_control_bvalid,
    /// See `s_axi_control_awvalid`.
    input  wire logic          s_axi_control_bready,
    /// See `s_axi_control_awvalid`.
    output logic [1:0]         s_axi_control_bresp,
    /// See `s_axi_control_awvalid`.
    input  wire logic          s_axi_control_arvalid,
    /// See `s_axi_control_awvalid`.
    output logic               s_axi_control_arready,
    /// See `s_axi_control_awvalid`.
    input  wire logic [11:0]   s_axi_control_araddr,
    /// See `s_axi_control_awvalid`.
    output logic               s_axi_control_rvalid,
    /// See `s_axi_control_awvalid`.
    input  wire logic          s_axi_control_rready,
    /// See `s_axi_control_awvalid`.
    output logic [31:0]        s_axi_control_rdata,
    /// See `s_axi_control_awvalid`.
    output logic [1:0]         s_axi_control_rresp,
    /// Memory channel 0: AXI4 master of 512 bits, one ID.
    output logic               m00_axi_awvalid,
    /// See `m00_axi_awvalid`.
    input  wire logic          m00_axi_awready,
    /// See `m00_axi_awvalid`.
    output logic [63:0]        m00_axi_awaddr,
    /// See `m00_axi_awvalid`.
    output logic [7:0]         m00_axi_awlen,
    /// See `m00_axi_awvalid`.
    output logic [2:0]         m00_axi_awsize,
    /// See `m00_axi_awvalid`.
    output logic [1:0]         m00_axi_awburst,
    /// See `m00_axi_awvalid`.
    output logic [3:0]         m00_axi_awcache,
    /// See `m00_axi_awvalid`.
    output logic [2:0]         m00_axi_awprot,
    /// See `m00_axi_awvalid`.
    output logic               m00_axi_wvalid,
    /// See `m00_axi_awvalid`.
    input  wire logic          m00_axi_wready,
    /// See `m00_axi_awvalid`.
    output logic [511:0]       m00_axi_wdata,
    /// See `m00_axi_awvalid`.
    output logic [63:0]        m00_axi_wstrb,
    /// See `m00_axi_awvalid`.
    output logic               m00_axi_wlast,
    /// See `m00_axi_awvalid`.
    input  wire logic          m00_axi_bvalid,
    /// See `m00_axi_awvalid`.
    output logic               m00_axi_bready,
    /// See `m00_axi_awvalid`.
    input  wire logic [1:0]    m00_axi_bresp,
    /// See `m00_axi_awvalid`.
    output logic               m00_axi_arvalid,
    /// See `m00_axi_awvalid`.
    input  wire logic          m00_axi_arready,
    /// See `m00_axi_awvalid`.
    output logic [63:0]        m00_axi_araddr,
    /// See `m00_axi_awvalid`.
    output logic [7:0]         m00_axi_arlen,
    /// See `m00_axi_awvalid`.
    output logic [2:0]         m00_axi_arsize,
    /// See `m00_axi_awvalid`.
    output logic [1:0]         m00_axi_arburst,
    /// See `m00_axi_awvalid`.
    output logic [3:0]         m00_axi_arcache,
    /// See `m00_axi_awvalid`.
    output logic [2:0]         m00_axi_arprot,
    /// See `m00_axi_awvalid`.
    input  wire logic          m00_axi_rvalid,
    /// See `m00_axi_awvalid`.
    output logic               m00_axi_rready,
    /// See `m00_axi_awvalid`.
    input  wire logic [511:0]  m00_axi_rdata,
    /// See `m00_axi_awvalid`.
    input  wire logic [1:0]    m00_axi_rresp,
    /// See `m00_axi_awvalid`.
    input  wire logic          m00_axi_rlast,
    /// Memory channel 1: AXI4 master of 512 bits, one ID.
    output logic               m01_axi_awvalid,
    /// See `m01_axi_awvalid`.
    input  wire logic          m01_axi_awready,
    /// See `m01_axi_awvalid`.
    output logic [63:0]        m01_axi_awaddr,
    /// See `m01_axi_awvalid`.
    output logic [7:0]         m01_axi_awlen,
    /// See `m01_axi_awvalid`.
    output logic [2:0]         m01_axi_awsize,
    /// See `m01_axi_awvalid`.
    output logic [1:0]         m01_axi_awburst,
    /// See `m01_axi_awvalid`.
    output logic [3:0]         m01_axi_awcache,
    /// See `m01_axi_awvalid`.
    output logic [2:0]         m01_axi_awprot,
    /// See `m01_axi_awvalid`.
    output logic               m01_axi_wvalid,
    /// See `m01_axi_awvalid`.
    input  wire logic          m01_axi_wready,
    /// See `m01_axi_awvalid`.
    output logic [511:0]       m01_axi_wdata,
    /// See `m01_axi_awvalid`.
    output logic [63:0]        m01_axi_wstrb,
    /// See `m01_axi_awvalid`.
    output logic               m01_axi_wlast,
    /// See `m01_axi_awvalid`.
    input  wire logic          m01_axi_bvalid,
    /// See `m01_axi_awvalid`.
    output logic               m01_axi_bready,
    /// See `m01_axi_awvalid`.
    input  wire logic [1:0]    m01_axi_bresp,
    /// See `m01_axi_awvalid`.
    output logic               m01_axi_arvalid,
    /// See `m01_axi_awvalid`.
    input  wire logic          m01_axi_arready,
    /// See `m01_axi_awvalid`.
    output logic [63:0]        m01_axi_araddr,
    /// See `m01_axi_awvalid`.
    output logic [7:0]         m01_axi_arlen,
    /// See `m01_axi_awvalid`.
    output logic [2:0]         m01_axi_arsize,
    /// See `m01_axi_awvalid`.
    output logic [1:0]         m01_axi_arburst,
    /// See `m01_axi_awvalid`.
    output logic [3:0]         m01_axi_arcache,
    /// See `m01_axi_awvalid`.
    output logic [2:0]         m01_axi_arprot,
    /// See `m01_axi_awvalid`.
    input  wire logic          m01_axi_rvalid,
    /// See `m01_axi_awvalid`.
    output logic               m01_axi_rready,
    /// See `m01_axi_awvalid`.
    input  wire logic [511:0]  m01_axi_rdata,
    /// See `m01_axi_awvalid`.
    input  wire logic [1:0]    m01_axi_rresp,
    /// See `m01_axi_awvalid`.
    input  wire logic          m01_axi_rlast,
    /// Memory channel 2: AXI4 master of 512 bits, one ID.
    output logic               m02_axi_awvalid,
    /// See `m02_axi_awvalid`.
    input  wire logic          m02_axi_awready,
    /// See `m02_axi_awvalid`.
    output logic [63:0]        m02_axi_awaddr,
    /// See `m02_axi_awvalid`.
    output logic [7:0]         m02_axi_awlen,
    /// See `m02_axi_awvalid`.
    output logic [2:0]         m02_axi_awsize,
    /// See `m02_axi_awvalid`.
    output logic [1:0]         m02_axi_awburst,
    /// See `m02_axi_awvalid`.
    output logic [3:0]         m02_axi_awcache,
    /// See `m02_axi_awvalid`.
    output logic [2:0]         m02_axi_awprot,
    /// See `m02_axi_awvalid`.
    output logic               m02_axi_wvalid,
    /// See `m02_axi_awvalid`.
    input  wire logic          m02_axi_wready,
    /// See `m02_axi_awvalid`.
    output logic [511:0]       m02_axi_wdata,
    /// See `m02_axi_awvalid`.
    output logic [63:0]        m02_axi_wstrb,
    /// See `m02_axi_awvalid`.
    output logic               m02_axi_wlast,
    /// See `m02_axi_awvalid`.
    input  wire logic          m02_axi_bvalid,
    /// See `m02_axi_awvalid`.
    output logic               m02_axi_bready,
    /// See `m02_axi_awvalid`.
    input  wire logic [1:0]    m02_axi_bresp,
    /// See `m02_axi_awvalid`.
    output logic               m02_axi_arvalid,
    /// See `m02_axi_awvalid`.
    input  wire logic          m02_axi_arready,
    /// See `m02_axi_awvalid`.
    output logic [63:0]        m02_axi_araddr,
    /// See `m02_axi_awvalid`.
    output logic [7:0]         m02_axi_arlen,
    /// See `m02_axi_awvalid`.
    output logic [2:0]         m02_axi_arsize,
    /// See `m02_axi_awvalid`.
    output logic [1:0]         m02_axi_arburst,
    /// See `m02_axi_awvalid`.
    output logic [3:0]         m02_axi_arcache,
    /// See `m02_axi_awvalid`.
    output logic [2:0]         m02_axi_arprot,
    /// See `m02_axi_awvalid`.
    input  wire logic          m02_axi_rvalid,
    /// See `m02_axi_awvalid`.
    output logic               m02_axi_rready,
    /// See `m02_axi_awvalid`.
    input  wire logic [511:0]  m02_axi_rdata,
    /// See `m02_axi_awvalid`.
    input  wire logic [1:0]    m02_axi_rresp,
    /// See `m02_axi_awvalid`.
    input  wire logic          m02_axi_rlast,
    /// Memory channel 3: AXI4 master of 512 bits, one ID.
    output logic               m03_axi_awvalid,
    /// See `m03_axi_awvalid`.
    input  wire logic          m03_axi_awready,
    /// See `m03_axi_awvalid`.
    output logic [63:0]        m03_axi_awaddr,
    /// See `m03_axi_awvalid`.
    output logic [7:0]         m03_axi_awlen,
    /// See `m03_axi_awvalid`.
    output logic [2:0]         m03_axi_awsize,
    /// See `m03_axi_awvalid`.
    output logic [1:0]         m03_axi_awburst,
    /// See `m03_axi_awvalid`.
    output logic [3:0]         m03_axi_awcache,
    /// See `m03_axi_awvalid`.
    output logic [2:0]         m03_axi_awprot,
    /// See `m03_axi_awvalid`.
    output logic               m03_axi_wvalid,
    /// See `m03_axi_awvalid`.
    input  wire logic          m03_axi_wready,
    /// See `m03_axi_awvalid`.
    output logic [511:0]       m03_axi_wdata,
    /// See `m03_axi_awvalid`.
    output logic [63:0]        m03_axi_wstrb,
    /// See `m03_axi_awvalid`.
    output logic               m03_axi_wlast,
    /// See `m03_axi_awvalid`.
    input  wire logic          m03_axi_bvalid,
    /// See `m03_axi_awvalid`.
    output logic               m03_axi_bready,
    /// See `m03_axi_awvalid`.
    input  wire logic [1:0]    m03_axi_bresp,
    /// See `m03_axi_awvalid`.
    output logic               m03_axi_arvalid,
    /// See `m03_axi_awvalid`.
    input  wire logic          m03_axi_arready,
    /// See `m03_axi_awvalid`.
    output logic [63:0]        m03_axi_araddr,
    /// See `m03_axi_awvalid`.
    output logic [7:0]         m03_axi_arlen,
    /// See `m03_axi_awvalid`.
    output logic [2:0]         m03_axi_arsize,
    /// See `m03_axi_awvalid`.
    output logic [1:0]         m03_axi_arburst,
    /// See `m03_axi_awvalid`.
    output logic [3:0]         m03_axi_arcache,
    /// See `m03_axi_awvalid`.
    output logic [2:0]         m03_axi_arprot,
    /// See `m03_axi_awvalid`.
    input  wire logic          m03_axi_rvalid,
    /// See `m03_axi_awvalid`.
    output logic               m03_axi_rready,
    /// See `m03_axi_awvalid`.
    input  wire logic [511:0]  m03_axi_rdata,
    /// See `m03_axi_awvalid`.
    input  wire logic [1:0]    m03_axi_rresp,
    /// See `m03_axi_awvalid`.
    input  wire logic          m03_axi_rlast
);
  localparam int unsigned LINE_BITS = 34 - $clog2(CH);
  localparam int unsigned BURST_BITS = $clog2(BL + 1);
  localparam int unsigned COUNTERS = sat_registers::COUNTERS;

  if ((CH != 1 && CH != 2 && CH != 4) || BL > 64) begin : gen_check
    $error("sat_top: CH must be 1, 2 or 4, and a burst of BL beats of 64 bytes must fit in 4 KiB");
  end

  // ---- the four masters as vectors, channel c in the c-th part ---------------------------------------------------
  logic [3:0] awvalid;
  logic [3:0] awready;
  logic [255:0] awaddr;
  logic [31:0] awlen;
  logic [3:0] wvalid;
  logic [3:0] wready;
  logic [2047:0] wdata;
  logic [255:0] wstrb;
  logic [3:0] wlast;
  logic [3:0] bvalid;
  logic [3:0] bready;
  logic [7:0] bresp;
  logic [3:0] arvalid;
  logic [3:0] arready;
  logic [255:0] araddr;
  logic [31:0] arlen;
  logic [3:0] rvalid;
  logic [3:0] rready;
  logic [2047:0] rdata;
  logic [7:0] rresp;
  logic [3:0] rlast;
  assign {m03_axi_awvalid, m02_axi_awvalid, m01_axi_awvalid, m00_axi_awvalid} = awvalid;
  assign awready = {m03_axi_awready, m02_axi_awready, m01_axi_awready, m00_axi_awready};
  assign {m03_axi_awaddr, m02_axi_awaddr, m01_axi_awaddr, m00_axi_awaddr} = awaddr;
  assign {m03_axi_awlen, m02_axi_awlen, m01_axi_awlen, m00_axi_awlen} = awlen;
  assign {m03_axi_wvalid, m02_axi_wvalid, m01_axi_wvalid, m00_axi_wvalid} = wvalid;
  assign wready = {m03_axi_wready, m02_axi_wready, m01_axi_wready, m00_axi_wready};
  assign {m03_axi_wdata, m02_axi_wdata, m01_axi_wdata, m00_axi_wdata} = wdata;
  assign {m03_axi_wstrb, m02_axi_wstrb, m01_axi_wstrb, m00_axi_wstrb} = wstrb;
  assign {m03_axi_wlast, m02_axi_wlast, m01_axi_wlast, m00_axi_wlast} = wlast;
  assign bvalid = {m03_axi_bvalid, m02_axi_bvalid, m01_axi_bvalid, m00_axi_bvalid};
  assign {m03_axi_bready, m02_axi_bready, m01_axi_bready, m00_axi_bready} = bready;
  assign bresp = {m03_axi_bresp, m02_axi_bresp, m01_axi_bresp, m00_axi_bresp};
  assign {m03_axi_arvalid, m02_axi_arvalid, m01_axi_arvalid, m00_axi_arvalid} = arvalid;
  assign arready = {m03_axi_arready, m02_axi_arready, m01_axi_arready, m00_axi_arready};
  assign {m03_axi_araddr, m02_axi_araddr, m01_axi_araddr, m00_axi_araddr} = araddr;
  assign {m03_axi_arlen, m02_axi_arlen, m01_axi_arlen, m00_axi_arlen} = arlen;
  assign rvalid = {m03_axi_rvalid, m02_axi_rvalid, m01_axi_rvalid, m00_axi_rvalid};
  assign {m03_axi_rready, m02_axi_rready, m01_axi_rready, m00_axi_rready} = rready;
  assign rdata = {m03_axi_rdata, m02_axi_rdata, m01_axi_rdata, m00_axi_rdata};
  assign rresp = {m03_axi_rresp, m02_axi_rresp, m01_axi_rresp, m00_axi_rresp};
  assign rlast = {m03_axi_rlast, m02_axi_rlast, m01_axi_rlast, m00_axi_rlast};

  // 64 bytes a beat, INCR, modifiable and bufferable, data access.
  assign {m03_axi_awsize, m02_axi_awsize, m01_axi_awsize, m00_axi_awsize} = {4{3'd6}};
  assign {m03_axi_arsize, m02_axi_arsize, m01_axi_arsize, m00_axi_arsize} = {4{3'd6}};
  assign {m03_axi_awburst, m02_axi_awburst, m01_axi_awburst, m00_axi_awburst} = {4{2'b01}};
  assign {m03_axi_arburst, m02_axi_arburst, m01_axi_arburst, m00_axi_arburst} = {4{2'b01}};
  assign {m03_axi_awcache, m02_axi_awcache, m01_axi_awcache, m00_axi_awcache} = {4{4'b0011}};
  assign {m03_axi_arcache, m02_axi_arcache, m01_axi_arcache, m00_axi_arcache} = {4{4'b0011}};
  assign {m03_axi_awprot, m02_axi_awprot, m01_axi_awprot, m00_axi_awprot} = {4{3'b000}};
  assign {m03_axi_arprot, m02_axi_arprot, m01_axi_arprot, m00_axi_arprot} = {4{3'b000}};

  for (genvar c = CH; c < 4; c++) begin : gen_absent
    assign awvalid[c] = '0;
    assign awaddr[64*c+:64] = '0;
    assign awlen[8*c+:8] = '0;
    assign wvalid[c] = '0;
    assign wdata[512*c+:512] = '0;
    assign wstrb[64*c+:64] = '0;
    assign wlast[c] = '0;
    assign bready[c] = '0;
    assign arvalid[c] = '0;
    assign araddr[64*c+:64] = '0;
    assign arlen[8*c+:8] = '0;
    assign rready[c] = '0;
  end

  // ---- control -----------------------------------------------------------------------------------------------------
  logic start, abort_pulse, done, failed, idle;
  logic [255:0] bases;
  logic [63:0] program_line, memory_lines, error_address;
  logic [31:0] watchdog_cycles, status;
  logic [15:0] error_pc;
  logic [64*COUNTERS-1:0] counters;
  logic [3:0] misaligned;
  logic bad_base, ports_idle;  // Yosys 0.23 reads a parametrised top wrongly where a port is connected to an expression
  logic run, core_rst_n, core_start, ports_move;

  axi_lite_registers #(
      .R(R), .C(C), .MAXM(MAXM), .S(S), .CH(CH), .WD(WD), .NVD(NVD), .NID(NID), .RD(RD), .IM(IM), .VD(VD), .BL(BL),
      .PF(PF), .LF(LF), .SF(SF)) registers (
      .clk_i(ap_clk), .rst_ni(ap_rst_n), .s_awvalid_i(s_axi_control_awvalid), .s_awready_o(s_axi_control_awready),
      .s_awaddr_i(s_axi_control_awaddr), .s_wvalid_i(s_axi_control_wvalid), .s_wready_o(s_axi_control_wready),
      .s_wdata_i(s_axi_control_wdata), .s_wstrb_i(s_axi_control_wstrb), .s_bvalid_o(s_axi_control_bvalid),
      .s_bready_i(s_axi_control_bready), .s_arvalid_i(s_axi_control_arvalid), .s_arready_o(s_axi_control_arready),
      .s_araddr_i(s_axi_control_araddr), .s_rvalid_o(s_axi_control_rvalid), .s_rready_i(s_axi_control_rready),
      .s_rdata_o(s_axi_control_rdata), .interrupt_o(interrupt), .start_o(start), .abort_o(abort_pulse), .bases_o(bases),
      .program_line_o(program_line), .memory_lines_o(memory_lines), .watchdog_o(watchdog_cycles), .done_i(done),
      .failed_i(failed), .idle_i(idle), .status_i(status), .error_pc_i(error_pc), .error_address_i(error_address),
      .counters_i(counters));
  assign s_axi_control_bresp = 2'b00;
  assign s_axi_control_rresp = 2'b00;

  for (genvar c = 0; c < 4; c++) begin : gen_aligned
    assign misaligned[c] = c < CH && bases[64*c+:12] != '0;
  end

  assign bad_base = misaligned != '0;

  // ---- the core ----------------------------------------------------------------------------------------------------
  logic core_done, core_error, core_nonfinite;
  logic [3:0] core_code;
  logic [2:0] core_engine;
  logic [15:0] core_pc;
  logic ar_valid, ar_ready, ar_fetch, r_valid, aw_valid, aw_ready, w_valid, w_ready, w_last, b_valid;
  logic [LINE_BITS-1:0] ar_line, aw_line;
  logic [BURST_BITS-1:0] ar_lines, aw_lines;
  logic [15:0] ar_pc, aw_pc;
  logic [512*CH-1:0] r_data, w_data;
  logic [8*CH-1:0] w_strobe;
  logic go, mac_slot;
  logic [3:0] dispatch, release_events, end_events, halt, busy;
  logic [$clog2(8*CH+1)-1:0] load_words;
  logic [479:0] stce_params;
  logic [559:0] store_params;
  logic [15:0] stce_flags, store_flags;

  sat_core #(
      .R(R), .C(C), .MAXM(MAXM), .S(S), .CH(CH), .WD(WD), .NVD(NVD), .NID(NID), .RD(RD), .IM(IM), .VD(VD), .BL(BL),
      .PF(PF), .LF(LF), .SF(SF)) core (
      .clk_i(ap_clk), .rst_ni(core_rst_n), .start_i(core_start), .start_line_i(program_line[LINE_BITS-1:0]),
      .done_o(core_done), .watchdog_cycles_i(watchdog_cycles), .error_o(core_error), .error_code_o(core_code), .nonfinite_o(core_nonfinite),
      .error_engine_o(core_engine), .error_pc_o(core_pc), .ar_valid_o(ar_valid), .ar_ready_i(ar_ready),
      .ar_line_o(ar_line), .ar_lines_o(ar_lines), .ar_fetch_o(ar_fetch), .ar_pc_o(ar_pc), .r_valid_i(r_valid),
      .r_data_i(r_data), .aw_valid_o(aw_valid), .aw_ready_i(aw_ready), .aw_line_o(aw_line), .aw_lines_o(aw_lines),
      .aw_pc_o(aw_pc), .w_valid_o(w_valid), .w_ready_i(w_ready), .w_data_o(w_data), .w_strobe_o(w_strobe),
      .w_last_o(w_last), .b_valid_i(b_valid), .go_o(go), .dispatch_o(dispatch), .release_o(release_events),
      .end_o(end_events), .halt_o(halt), .busy_o(busy), .mac_slot_o(mac_slot), .load_words_o(load_words),
      .stce_params_o(stce_params), .stce_flags_o(stce_flags), .store_params_o(store_params),
      .store_flags_o(store_flags));

  // ---- the memory ports --------------------------------------------------------------------------------------------
  logic read_range, read_response, read_idle, read_waits, write_range, write_response, write_idle;
  logic [16:0] read_tag;
  logic [15:0] write_tag;
  logic [LINE_BITS-1:0] read_line, write_line;
  logic [CH-1:0] read_channels, write_channels;

  axi_read #(.CH(CH), .BL(BL), .LF(LF), .SKEW(SKEW)) reads (
      .clk_i(ap_clk), .rst_ni(ap_rst_n), .run_i(run), .base_i(bases[64*CH-1:0]), .limit_i(memory_lines),
      .ar_valid_i(ar_valid), .ar_ready_o(ar_ready), .ar_line_i(ar_line), .ar_lines_i(ar_lines),
      .ar_tag_i({ar_fetch, ar_pc}), .r_valid_o(r_valid), .r_data_o(r_data), .range_error_o(read_range),
      .response_error_o(read_response), .error_tag_o(read_tag), .error_line_o(read_line),
      .error_channels_o(read_channels), .idle_o(read_idle), .waits_o(read_waits), .m_arvalid_o(arvalid[CH-1:0]),
      .m_arready_i(arready[CH-1:0]), .m_araddr_o(araddr[64*CH-1:0]), .m_arlen_o(arlen[8*CH-1:0]),
      .m_rvalid_i(rvalid[CH-1:0]), .m_rready_o(rready[CH-1:0]), .m_rdata_i(rdata[512*CH-1:0]),
      .m_rresp_i(rresp[2*CH-1:0]));

  axi_write #(.CH(CH), .BL(BL), .SKEW(SKEW)) writes (
      .clk_i(ap_clk), .rst_ni(ap_rst_n), .run_i(run), .base_i(bases[64*CH-1:0]), .limit_i(memory_lines),
      .aw_valid_i(aw_valid), .aw_ready_o(aw_ready), .aw_line_i(aw_line), .aw_lines_i(aw_lines), .aw_tag_i(aw_pc),
      .w_valid_i(w_valid), .w_ready_o(w_ready), .w_data_i(w_data), .w_strobe_i(w_strobe), .b_valid_o(b_valid),
      .range_error_o(write_range), .response_error_o(write_response), .error_tag_o(write_tag),
      .error_line_o(write_line), .error_channels_o(write_channels), .idle_o(write_idle),
      .m_awvalid_o(awvalid[CH-1:0]), .m_awready_i(awready[CH-1:0]), .m_awaddr_o(awaddr[64*CH-1:0]),
      .m_awlen_o(awlen[8*CH-1:0]), .m_wvalid_o(wvalid[CH-1:0]), .m_wready_i(wready[CH-1:0]),
      .m_wdata_o(wdata[512*CH-1:0]), .m_wstrb_o(wstrb[64*CH-1:0]), .m_wlast_o(wlast[CH-1:0]),
      .m_bvalid_i(bvalid[CH-1:0]), .m_bready_o(bready[CH-1:0]), .m_bresp_i(bresp[2*CH-1:0]));

  assign ports_move = ((arvalid & arready) | (rvalid & rready) | (awvalid & awready) | (wvalid & wready) |
                       (bvalid & bready)) != '0;

  assign ports_idle = read_idle && write_idle;

  kernel_control #(.CH(CH)) control (
      .clk_i(ap_clk), .rst_ni(ap_rst_n), .start_i(start), .abort_i(abort_pulse), .misaligned_i(bad_base),
      .watchdog_cycles_i(watchdog_cycles), .core_done_i(core_done), .core_error_i(core_error), .core_code_i(core_code), .core_nonfinite_i(core_nonfinite),
      .core_engine_i(core_engine), .core_pc_i(core_pc), .read_range_i(read_range), .read_response_i(read_response),
      .read_tag_i(read_tag), .read_line_i(read_line), .read_channels_i(read_channels), .write_range_i(write_range),
      .write_response_i(write_response), .write_tag_i(write_tag), .write_line_i(write_line),
      .write_channels_i(write_channels), .ports_idle_i(ports_idle), .ports_move_i(ports_move),
      .run_o(run), .core_rst_no(core_rst_n), .core_start_o(core_start), .done_o(done), .failed_o(failed),
      .idle_o(idle), .status_o(status), .error_pc_o(error_pc), .error_address_o(error_address));

  // ---- counters ----------------------------------------------------------------------------------------------------
  logic [COUNTERS-1:0] events;
  always_comb begin
    events = '0;
    events[sat_registers::C_CYCLES] = !core_done;
    events[sat_registers::C_BUSY_LOAD+:4] = busy;  // LOAD, STCE, VEC, STORE, as in sat_isa
    events[sat_registers::C_OPERATIONS_LOAD+:4] = end_events;
    events[sat_registers::C_READ_LINES] = r_valid;
    events[sat_registers::C_WRITE_LINES] = w_valid && w_ready;
    events[sat_registers::C_READ_BURSTS] = ar_valid && ar_ready;
    events[sat_registers::C_WRITE_BURSTS] = aw_valid && aw_ready;
    events[sat_registers::C_READ_WAIT] = read_waits;
    events[sat_registers::C_WRITE_STALL] = (aw_valid && !aw_ready) || (w_valid && !w_ready);
    events[sat_registers::C_MAC_SLOTS] = mac_slot;
    if (!run) events = '0;
  end
  performance_counters counting (
      .clk_i(ap_clk), .clear_i(core_start), .event_i(events), .counters_o(counters));

  logic unused;
  assign unused = &{1'b0, program_line[63:LINE_BITS], bases, arready, rvalid, rdata, rresp, rlast, awready, wready,
                    bvalid, bresp, w_last, go, dispatch, release_events, halt, load_words, stce_params, stce_flags,
                    store_params, store_flags};
endmodule

`default_nettype wire
