// Starts a program, waits for its end or its first error, sees the memory ports to rest, and reports;
// docs/architecture/top.md.
//
// The core is held in reset whenever no program runs, so every program begins from the same state and an error leaves
// nothing behind.
`default_nettype none

module kernel_control #(
    /// Ganged memory channels.
    parameter int unsigned CH = 1
) (
    /// Clock.
    input  wire logic                     clk_i,
    /// Synchronous reset, active low.
    input  wire logic                     rst_ni,
    /// A program is wanted.
    input  wire logic                     start_i,
    /// Stop the program that runs, or give up waiting for the memory.
    input  wire logic                     abort_i,
    /// A channel's base address is no multiple of 4 KiB.
    input  wire logic                     misaligned_i,
    /// Cycles without an event after which it gives up waiting for the memory; 0: never.
    input  wire logic [31:0]              watchdog_cycles_i,
    /// Core: no program runs.
    input  wire logic                     core_done_i,
    /// Core: error, as in `sat_core`.
    input  wire logic                     core_error_i,
    /// See `core_error_i`.
    input  wire logic [3:0]               core_code_i,
    /// See `core_error_i`.
    input  wire logic [2:0]               core_engine_i,
    /// See `core_error_i`.
    input  wire logic [15:0]              core_pc_i,
    /// Core: it has written an infinite or NaN result since its reset.
    input  wire logic                     core_nonfinite_i,
    /// Read port: errors, as in `axi_read`.
    input  wire logic                     read_range_i,
    /// See `read_range_i`.
    input  wire logic                     read_response_i,
    /// See `read_range_i`: bit 16 FETCH, else the instruction of LOAD.
    input  wire logic [16:0]              read_tag_i,
    /// See `read_range_i`.
    input  wire logic [33-$clog2(CH):0]   read_line_i,
    /// See `read_range_i`.
    input  wire logic [CH-1:0]            read_channels_i,
    /// Write port: errors, as in `axi_write`.
    input  wire logic                     write_range_i,
    /// See `write_range_i`.
    input  wire logic                     write_response_i,
    /// See `write_range_i`.
    input  wire logic [15:0]              write_tag_i,
    /// See `write_range_i`.
    input  wire logic [33-$clog2(CH):0]   write_line_i,
    /// See `write_range_i`.
    input  wire logic [CH-1:0]            write_channels_i,
    /// Nothing is under way in either port.
    input  wire logic                     ports_idle_i,
    /// A beat or an address passes on a channel.
    input  wire logic                     ports_move_i,
    /// A program runs: the ports work.
    output logic                          run_o,
    /// Reset of the core, active low.
    output logic                          core_rst_no,
    /// First cycle of a program.
    output logic                          core_start_o,
    /// A program ends, one cycle.
    output logic                          done_o,
    /// The last program ended with an error.
    output logic                          failed_o,
    /// No program runs.
    output logic                          idle_o,
    /// STATUS.
    output logic [31:0]                   status_o,
    /// ERROR_PC.
    output logic [15:0]                   error_pc_o,
    /// ERROR_ADDRESS.
    output logic [63:0]                   error_address_o
);
  localparam int unsigned LINE_BITS = 34 - $clog2(CH);
  localparam int unsigned LINE_SHIFT = 6 + $clog2(CH);
  localparam logic [1:0] IDLE = 2'd0;
  localparam logic [1:0] RUN = 2'd1;
  localparam logic [1:0] STOP = 2'd2;  // the ports come to rest
  localparam logic [1:0] DONE = 2'd3;

  logic [1:0] state_q;
  logic first_q;  // first cycle of RUN
  logic run_q, core_rst_nq;
  logic [31:0] quiet_q;  // cycles of STOP without a beat
  logic patience;        // is over
  logic unanswered_q;
  logic nonfinite_q;

  logic error_q;
  logic [3:0] code_q, code;
  logic [2:0] engine_q, engine;
  logic [15:0] pc_q, pc;
  logic [LINE_BITS-1:0] line_q, line;
  logic [CH-1:0] channels_q, channels;
  logic found;

  // The first error stays; of several in one cycle, the first below.
  always_comb begin
    found = state_q == RUN || state_q == STOP;
    code = sat_registers::E_NONE;
    engine = sat_registers::ENGINE_NONE;
    pc = '0;
    line = '0;
    channels = '0;
    if (state_q == IDLE) begin
      found = start_i && (misaligned_i || !ports_idle_i);
      code = misaligned_i ? sat_registers::E_ALIGNMENT : sat_registers::E_BUS_BUSY;
    end else if (core_error_i && state_q == RUN) begin
      code = core_code_i;
      engine = core_engine_i;
      pc = core_pc_i;
    end else if (read_range_i || read_response_i) begin
      code = read_range_i ? sat_registers::E_READ_RANGE : sat_registers::E_READ_RESPONSE;
      engine = read_tag_i[16] ? sat_registers::ENGINE_FETCH : 3'(sat_isa::ENGINE_LOAD);
      pc = read_tag_i[16] ? '0 : read_tag_i[15:0];
      line = read_line_i;
      channels = read_range_i ? '0 : read_channels_i;
    end else if (write_range_i || write_response_i) begin
      code = write_range_i ? sat_registers::E_WRITE_RANGE : sat_registers::E_WRITE_RESPONSE;
      engine = 3'(sat_isa::ENGINE_STORE);
      pc = write_tag_i;
      line = write_line_i;
      channels = write_range_i ? '0 : write_channels_i;
    end else if (abort_i && state_q == RUN) begin
      code = sat_registers::E_ABORTED;
    end else begin
      found = 1'b0;
    end
  end

  assign patience = (watchdog_cycles_i != '0 && quiet_q >= watchdog_cycles_i) || abort_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q      <= IDLE;
      first_q      <= 1'b0;
      run_q        <= 1'b0;
      core_rst_nq  <= 1'b0;
      error_q      <= 1'b0;
      code_q       <= sat_registers::E_NONE;
      engine_q     <= sat_registers::ENGINE_NONE;
      pc_q         <= '0;
      line_q       <= '0;
      channels_q   <= '0;
      unanswered_q <= 1'b0;
      nonfinite_q  <= 1'b0;
      quiet_q      <= '0;
    end else begin
      first_q <= 1'b0;
      quiet_q <= state_q != STOP || ports_move_i ? '0 : quiet_q + 1'b1;
      case (state_q)
        IDLE: if (start_i) begin
          state_q      <= found ? DONE : RUN;
          first_q      <= !found;
          run_q        <= !found;
          core_rst_nq  <= !found;
          unanswered_q <= !ports_idle_i;
          nonfinite_q  <= 1'b0;
        end
        RUN: if (found || core_done_i) begin
          state_q     <= STOP;
          run_q       <= 1'b0;
          core_rst_nq <= 1'b0;
        end
        STOP: if (ports_idle_i || patience) begin
          state_q      <= DONE;
          unanswered_q <= !ports_idle_i;
        end
        default: state_q <= IDLE;
      endcase
      if (state_q == RUN && core_nonfinite_i) nonfinite_q <= 1'b1;
      if ((found && !error_q) || (state_q == IDLE && start_i)) begin
        error_q    <= found;
        code_q     <= found ? code : sat_registers::E_NONE;
        engine_q   <= found ? engine : sat_registers::ENGINE_NONE;
        pc_q       <= found ? pc : '0;
        line_q     <= found ? line : '0;
        channels_q <= found ? channels : '0;
      end
    end
  end

  assign run_o = run_q;
  assign core_rst_no = core_rst_nq && rst_ni;
  assign core_start_o = first_q;
  assign done_o = state_q == DONE;
  assign failed_o = error_q;
  assign idle_o = state_q == IDLE;
  assign status_o = {state_q != IDLE, 5'd0, nonfinite_q, unanswered_q, 4'd0, 4'(channels_q), 5'd0, engine_q, 4'd0, code_q};
  assign error_pc_o = pc_q;
  assign error_address_o = {{(64 - LINE_BITS - LINE_SHIFT) {1'b0}}, line_q, {LINE_SHIFT{1'b0}}};
endmodule

`default_nettype wire
