// Test bench top: FETCH, the four sequencers and the semaphores; docs/architecture/contract.md §2, §3.
`default_nettype none

module front_bench #(
    /// Ganged memory channels.
    parameter int unsigned CH = 1,
    /// Longest burst in lines.
    parameter int unsigned BL = 16,
    /// Line FIFO.
    parameter int unsigned LF = 64,
    /// Instructions of an engine.
    parameter int unsigned IM = 1024
) (
    /// Clock.
    input  wire logic                  clk_i,
    /// Reset, active low.
    input  wire logic                  rst_ni,
    /// Start of a program.
    input  wire logic                  start_i,
    /// Its header's line.
    input  wire logic [33-$clog2(CH):0] start_line_i,
    /// The sequencers run from the next cycle on.
    output logic                       go_o,
    /// A bad header.
    output logic                       fetch_error_o,
    /// A RUN stands, of each engine.
    output logic [3:0]                 op_valid_o,
    /// The engine takes it.
    input  wire logic [3:0]            op_ready_i,
    /// Registers of each engine.
    output logic [4*1280-1:0]          op_params_o,
    /// Flags of each engine.
    output logic [63:0]                op_flags_o,
    /// Tokens of each engine.
    output logic [59:0]                op_tokens_o,
    /// HALT executed.
    output logic [3:0]                 halt_o,
    /// Not running.
    output logic [3:0]                 idle_o,
    /// Stopped by an error.
    output logic [3:0]                 error_o,
    /// Instruction number of each engine.
    output logic [63:0]                pc_o,
    /// Single tokens, as in `semaphores`.
    input  wire logic [11:0]           push_valid_i,
    /// See `push_valid_i`.
    input  wire logic [47:0]           push_semaphore_i,
    /// See `push_valid_i`.
    output logic                       overflow_o,
    /// Memory, as in `read_port`.
    output logic                       ar_valid_o,
    /// See `ar_valid_o`.
    output logic [33-$clog2(CH):0]     ar_line_o,
    /// See `ar_valid_o`.
    output logic [$clog2(BL+1)-1:0]    ar_lines_o,
    /// See `ar_valid_o`.
    input  wire logic                  r_valid_i,
    /// See `ar_valid_o`.
    input  wire logic [512*CH-1:0]     r_data_i
);
  logic req_valid;
  logic [33-$clog2(CH):0] req_line;
  logic [$clog2(BL+1)-1:0] req_room;
  logic [$clog2(IM/(8*CH))+2:0] req_left;
  logic req_ready;
  logic load_ready;
  logic line_valid;
  logic [512*CH-1:0] line_data;
  logic line_pop;
  logic header, clear;
  logic [63:0] counts;
  logic [127:0] initial_values;
  logic [3:0] write_valid;
  logic [$clog2(IM/(8*CH))-1:0] write_line;
  logic fetch_idle;
  logic [3:0] wait_valid;
  logic [15:0] wait_semaphore;
  logic [31:0] wait_amount;
  logic [3:0] wait_grant;
  logic [3:0] post_valid;
  logic [15:0] post_semaphore;
  logic [31:0] post_amount;
  logic [3:0] overflow_engine;

  read_port #(.CH(CH), .BL(BL), .LF(LF), .LEFT_BITS($clog2(IM/(8*CH))+3)) port (
      .clk_i(clk_i), .rst_ni(rst_ni), .fetch_valid_i(req_valid), .fetch_line_i(req_line), .fetch_room_i(req_room), .fetch_left_i(req_left),
      .fetch_ready_o(req_ready), .load_valid_i(1'b0), .load_line_i('0), .load_lines_i('0), .load_ready_o(load_ready),
      .line_valid_o(line_valid), .line_data_o(line_data), .line_pop_i(line_pop), .ar_valid_o(ar_valid_o),
      .ar_ready_i(1'b1), .ar_line_o(ar_line_o), .ar_lines_o(ar_lines_o), .r_valid_i(r_valid_i), .r_data_i(r_data_i));

  fetch #(.CH(CH), .BL(BL), .IM(IM)) fetcher (
      .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .start_line_i(start_line_i), .req_valid_o(req_valid),
      .req_line_o(req_line), .req_room_o(req_room), .req_left_o(req_left),
      .req_lines_i(ar_lines_o), .req_ready_i(req_ready), .line_valid_i(line_valid),
      .line_data_i(line_data), .line_pop_o(line_pop), .header_o(header), .clear_o(clear), .counts_o(counts),
      .semaphores_o(initial_values), .write_valid_o(write_valid), .write_line_o(write_line), .go_o(go_o),
      .idle_o(fetch_idle), .error_o(fetch_error_o));

  for (genvar e = 0; e < 4; e++) begin : gen_engine
    sequencer #(.CH(CH), .IM(IM)) control (
        .clk_i(clk_i), .rst_ni(rst_ni), .clear_i(clear), .count_i(counts[16*e+:16]), .write_valid_i(write_valid[e]),
        .write_line_i(write_line), .write_data_i(line_data), .go_i(go_o), .wait_valid_o(wait_valid[e]),
        .wait_semaphore_o(wait_semaphore[4*e+:4]), .wait_amount_o(wait_amount[8*e+:8]), .wait_grant_i(wait_grant[e]),
        .post_valid_o(post_valid[e]), .post_semaphore_o(post_semaphore[4*e+:4]), .post_amount_o(post_amount[8*e+:8]),
        .op_valid_o(op_valid_o[e]), .op_ready_i(op_ready_i[e]), .op_params_o(op_params_o[1280*e+:1280]),
        .op_flags_o(op_flags_o[16*e+:16]), .op_tokens_o(op_tokens_o[15*e+:15]), .halt_o(halt_o[e]),
        .idle_o(idle_o[e]), .error_o(error_o[e]), .pc_o(pc_o[16*e+:16]));
  end

  semaphores tokens (
      .clk_i(clk_i), .rst_ni(rst_ni), .load_i(header), .load_values_i(initial_values), .wait_valid_i(wait_valid),
      .wait_semaphore_i(wait_semaphore), .wait_amount_i(wait_amount), .wait_grant_o(wait_grant),
      .post_valid_i(post_valid), .post_semaphore_i(post_semaphore), .post_amount_i(post_amount),
      .release_i('1), .end_i('1), .push_valid_i(push_valid_i), .push_semaphore_i(push_semaphore_i), .overflow_o(overflow_o),
      .overflow_engine_o(overflow_engine));

  logic unused;
  assign unused = &{1'b0, load_ready, fetch_idle, overflow_engine};
endmodule

`default_nettype wire
