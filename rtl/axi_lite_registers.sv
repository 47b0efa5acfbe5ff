// The control registers behind s_axi_control: Vitis ap_ctrl_hs, arguments, status and counters;
// docs/architecture/registers.md has the map, isa/sat_registers.json defines it.
`default_nettype none

module axi_lite_registers #(
    /// What the machine is, read by the host: as in `sat_core`.
    parameter int unsigned R = 4,
    /// See `R`.
    parameter int unsigned C = 4,
    /// See `R`.
    parameter int unsigned MAXM = 8,
    /// See `R`.
    parameter int unsigned S = 8,
    /// See `R`.
    parameter int unsigned CH = 1,
    /// See `R`.
    parameter int unsigned WD = 128,
    /// See `R`.
    parameter int unsigned NVD = 256,
    /// See `R`.
    parameter int unsigned NID = 128,
    /// See `R`.
    parameter int unsigned RD = 1024,
    /// See `R`.
    parameter int unsigned IM = 4096,
    /// See `R`.
    parameter int unsigned VD = 256,
    /// See `R`.
    parameter int unsigned BL = 16,
    /// See `R`.
    parameter int unsigned PF = 256,
    /// See `R`.
    parameter int unsigned LF = 64,
    /// See `R`.
    parameter int unsigned SF = 64
) (
    /// Clock.
    input  wire logic                                   clk_i,
    /// Synchronous reset, active low.
    input  wire logic                                   rst_ni,
    /// AXI4-Lite slave.
    input  wire logic                                   s_awvalid_i,
    /// See `s_awvalid_i`.
    output logic                                        s_awready_o,
    /// See `s_awvalid_i`.
    input  wire logic [sat_registers::ADDRESS_BITS-1:0] s_awaddr_i,
    /// See `s_awvalid_i`.
    input  wire logic                                   s_wvalid_i,
    /// See `s_awvalid_i`.
    output logic                                        s_wready_o,
    /// See `s_awvalid_i`.
    input  wire logic [31:0]                            s_wdata_i,
    /// See `s_awvalid_i`.
    input  wire logic [3:0]                             s_wstrb_i,
    /// See `s_awvalid_i`.
    output logic                                        s_bvalid_o,
    /// See `s_awvalid_i`.
    input  wire logic                                   s_bready_i,
    /// See `s_awvalid_i`.
    input  wire logic                                   s_arvalid_i,
    /// See `s_awvalid_i`.
    output logic                                        s_arready_o,
    /// See `s_awvalid_i`.
    input  wire logic [sat_registers::ADDRESS_BITS-1:0] s_araddr_i,
    /// See `s_awvalid_i`.
    output logic                                        s_rvalid_o,
    /// See `s_awvalid_i`.
    input  wire logic                                   s_rready_i,
    /// See `s_awvalid_i`.
    output logic [31:0]                                 s_rdata_o,
    /// Interrupt, level.
    output logic                                        interrupt_o,
    /// ap_start: 1 until the program has ended.
    output logic                                        start_o,
    /// Soft reset, one cycle.
    output logic                                        abort_o,
    /// MEM0..MEM3, 64 bits each.
    output logic [255:0]                                bases_o,
    /// PROGRAM_LINE.
    output logic [63:0]                                 program_line_o,
    /// MEMORY_LINES.
    output logic [63:0]                                 memory_lines_o,
    /// WATCHDOG.
    output logic [31:0]                                 watchdog_o,
    /// A program ends, one cycle.
    input  wire logic                                   done_i,
    /// With an error.
    input  wire logic                                   failed_i,
    /// No program runs.
    input  wire logic                                   idle_i,
    /// STATUS.
    input  wire logic [31:0]                            status_i,
    /// ERROR_PC.
    input  wire logic [15:0]                            error_pc_i,
    /// ERROR_ADDRESS.
    input  wire logic [63:0]                            error_address_i,
    /// Counters, 64 bits each, in the order of the map.
    input  wire logic [64*sat_registers::COUNTERS-1:0]  counters_i
);
  localparam int unsigned BITS = sat_registers::ADDRESS_BITS;
  localparam logic [BITS-1:0] FIRST = sat_registers::A_MEM0;
  localparam int unsigned PROGRAM = (32'(sat_registers::A_PROGRAM_LINE) - 32'(FIRST)) >> 2;  // words from the first argument
  localparam int unsigned LINES = (32'(sat_registers::A_MEMORY_LINES) - 32'(FIRST)) >> 2;
  localparam int unsigned DOG = (32'(sat_registers::A_WATCHDOG) - 32'(FIRST)) >> 2;
  localparam int unsigned WORDS = DOG + 1;
  localparam int unsigned COUNTER_BITS = $clog2(2 * sat_registers::COUNTERS);

  // ---- writes: address and data may come in any order; one is answered at a time ---------------------------------
  logic aw_held_q, w_held_q, b_valid_q;
  logic [BITS-3:0] aw_word_q;
  logic [31:0] w_data_q;
  logic [3:0] w_strobe_q;
  logic write;
  logic [BITS-1:0] aw_address;
  logic [31:0] mask;

  assign s_awready_o = !aw_held_q;
  assign s_wready_o = !w_held_q;
  assign s_bvalid_o = b_valid_q;
  assign write = aw_held_q && w_held_q && !b_valid_q;
  assign aw_address = {aw_word_q, 2'b00};
  for (genvar b = 0; b < 4; b++) begin : gen_mask
    assign mask[8*b+:8] = {8{w_strobe_q[b]}};
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_held_q <= 1'b0;
      w_held_q  <= 1'b0;
      b_valid_q <= 1'b0;
    end else begin
      if (write) aw_held_q <= 1'b0;
      else if (s_awvalid_i) aw_held_q <= 1'b1;
      if (write) w_held_q <= 1'b0;
      else if (s_wvalid_i) w_held_q <= 1'b1;
      if (write) b_valid_q <= 1'b1;
      else if (s_bready_i) b_valid_q <= 1'b0;
    end
  end
  always_ff @(posedge clk_i) begin
    if (s_awready_o) aw_word_q <= s_awaddr_i[BITS-1:2];
    if (s_wready_o) begin
      w_data_q   <= s_wdata_i;
      w_strobe_q <= s_wstrb_i;
    end
  end

  // ---- control -----------------------------------------------------------------------------------------------------
  logic start_q, done_q, ready_q, auto_q, enable_q;
  logic [1:0] mask_q;
  logic [1:0] pending_q;
  logic read;
  logic [BITS-1:0] ar_address_q;
  logic write_control, read_control;

  assign write_control = write && aw_address == sat_registers::A_CTRL && w_strobe_q[0];
  assign read_control = read && ar_address_q == sat_registers::A_CTRL;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      start_q   <= 1'b0;
      done_q    <= 1'b0;
      ready_q   <= 1'b0;
      auto_q    <= 1'b0;
      enable_q  <= 1'b0;
      mask_q    <= '0;
      pending_q <= '0;
    end else begin
      if (write_control && w_data_q[sat_registers::F_CTRL_AP_START]) start_q <= 1'b1;
      else if (done_i) start_q <= auto_q && !failed_i;
      if (write_control) auto_q <= w_data_q[sat_registers::F_CTRL_AUTO_RESTART];
      if (done_i) {ready_q, done_q} <= 2'b11;
      else if (read_control) {ready_q, done_q} <= 2'b00;
      if (write && aw_address == sat_registers::A_GIE && w_strobe_q[0]) enable_q <= w_data_q[0];
      if (write && aw_address == sat_registers::A_IER && w_strobe_q[0]) mask_q <= w_data_q[1:0];
      for (int i = 0; i < 2; i++) begin
        if (done_i && mask_q[i]) pending_q[i] <= 1'b1;
        else if (write && aw_address == sat_registers::A_ISR && w_strobe_q[0]) pending_q[i] <= pending_q[i] ^ w_data_q[i];
      end
    end
  end
  assign start_o = start_q;
  assign interrupt_o = enable_q && pending_q != '0;
  assign abort_o = write && aw_address == sat_registers::A_RESET && w_strobe_q[0] &&
                   w_data_q[sat_registers::F_RESET_ABORT];

  // ---- arguments: consecutive words ----------------------------------------------------------------------------------
  logic [32*WORDS-1:0] arguments_q;
  for (genvar w = 0; w < WORDS; w++) begin : gen_argument
    always_ff @(posedge clk_i) begin
      if (!rst_ni) arguments_q[32*w+:32] <= '0;
      else if (write && aw_address == FIRST + BITS'(4 * w))
        arguments_q[32*w+:32] <= (arguments_q[32*w+:32] & ~mask) | (w_data_q & mask);
    end
  end
  assign bases_o = arguments_q[255:0];
  assign program_line_o = arguments_q[32*PROGRAM+:64];
  assign memory_lines_o = arguments_q[32*LINES+:64];
  assign watchdog_o = arguments_q[32*DOG+:32];

  // ---- reads: the address is held for a cycle, then the data until it is taken ---------------------------------------
  logic ar_held_q, r_valid_q;
  logic [31:0] r_data_q, argument, counter, other;
  logic [BITS-1:0] argument_word, counter_word;
  assign s_arready_o = !ar_held_q && !r_valid_q;
  assign s_rvalid_o = r_valid_q;
  assign s_rdata_o = r_data_q;
  assign read = ar_held_q;
  assign argument_word = (ar_address_q - FIRST) >> 2;
  assign counter_word = (ar_address_q - sat_registers::A_CYCLES) >> 2;

  always_comb begin
    argument = '0;
    for (int w = 0; w < WORDS; w++) if (argument_word == BITS'(w)) argument = arguments_q[32*w+:32];
    counter = counters_i[32*counter_word[COUNTER_BITS-1:0]+:32];
    case (ar_address_q)
      sat_registers::A_CTRL: other = {24'd0, auto_q, 3'd0, ready_q, idle_i && !start_q, done_q, start_q};
      sat_registers::A_GIE: other = {31'd0, enable_q};
      sat_registers::A_IER: other = {30'd0, mask_q};
      sat_registers::A_ISR: other = {30'd0, pending_q};
      sat_registers::A_STATUS: other = status_i;
      sat_registers::A_ERROR_PC: other = {16'd0, error_pc_i};
      sat_registers::A_ERROR_ADDRESS: other = error_address_i[31:0];
      sat_registers::A_ERROR_ADDRESS + BITS'(4): other = error_address_i[63:32];
      sat_registers::A_MAP_VERSION: other = sat_registers::VERSION;
      sat_registers::A_ISA_VERSION: other = sat_isa::VERSION;
      sat_registers::A_ISA_DIGEST: other = sat_isa::DIGEST;
      sat_registers::A_ROWS: other = R;
      sat_registers::A_COLUMNS: other = C;
      sat_registers::A_MAX_M: other = MAXM;
      sat_registers::A_SLOTS: other = S;
      sat_registers::A_CHANNELS: other = CH;
      sat_registers::A_WEST_LINES: other = WD;
      sat_registers::A_NORTH_VALUE_LINES: other = NVD;
      sat_registers::A_NORTH_INDEX_LINES: other = NID;
      sat_registers::A_RESULT_ADDRESSES: other = RD;
      sat_registers::A_INSTRUCTIONS: other = IM;
      sat_registers::A_VMEM_LINES: other = VD;
      sat_registers::A_BURST_LINES: other = BL;
      sat_registers::A_PIECE_FIFO: other = PF;
      sat_registers::A_LINE_FIFO: other = LF;
      sat_registers::A_STORE_FIFO: other = SF;
      default: other = '0;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ar_held_q <= 1'b0;
      r_valid_q <= 1'b0;
    end else begin
      ar_held_q <= s_arvalid_i && s_arready_o;
      if (read) r_valid_q <= 1'b1;
      else if (s_rready_i) r_valid_q <= 1'b0;
    end
  end
  always_ff @(posedge clk_i) begin
    if (s_arready_o) ar_address_q <= {s_araddr_i[BITS-1:2], 2'b00};
    if (read) begin
      if (argument_word < BITS'(WORDS)) r_data_q <= argument;
      else if (counter_word < BITS'(2 * sat_registers::COUNTERS)) r_data_q <= counter;
      else r_data_q <= other;
    end
  end

  logic unused;
  assign unused = &{1'b0, s_awaddr_i[1:0], s_araddr_i[1:0]};
endmodule

`default_nettype wire
