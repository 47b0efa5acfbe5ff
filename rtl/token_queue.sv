// The tokens of an engine's operations in flight; docs/architecture/contract.md §3.
//
// An operation leaves its three token fields here when it is dispatched. The engine tells in which cycle the oldest
// operation not yet released has released its operands, and in which the oldest not yet ended has ended; the tokens go
// to the semaphores in those cycles. The number of its instruction stays here too, for errors.
`default_nettype none

module token_queue #(
    /// Operations that can be in flight.
    parameter int unsigned DEPTH = 8
) (
    /// Clock.
    input  wire logic        clk_i,
    /// Synchronous reset, active low.
    input  wire logic        rst_ni,
    /// An operation is dispatched in this cycle.
    input  wire logic        dispatch_i,
    /// Its token fields as in RUN: push_end, push_early1, push_early0, each valid bit and semaphore.
    input  wire logic [14:0] tokens_i,
    /// Number of its instruction.
    input  wire logic [15:0] pc_i,
    /// The oldest operation not yet released releases its operands in this cycle.
    input  wire logic        release_i,
    /// The oldest operation not yet ended ends in this cycle.
    input  wire logic        done_i,
    /// Tokens that are put when the oldest ones release (bit 0 push_early0, bit 1 push_early1) and end (bit 2 push_end).
    output logic [2:0]       push_valid_o,
    /// Their semaphores, 4 bits each, in the same order.
    output logic [11:0]      push_semaphore_o,
    /// An operation has been dispatched and has not ended.
    output logic             busy_o,
    /// Number of the instruction of the oldest one; only when `busy_o`.
    output logic [15:0]      pc_o
);
  localparam int unsigned COUNT_BITS = $clog2(DEPTH + 1);

  logic [9:0] early;
  logic [4:0] final_token;
  logic early_valid;
  logic end_valid;
  logic [COUNT_BITS-1:0] early_count;
  logic [COUNT_BITS-1:0] end_count;

  sync_fifo #(.WIDTH(10), .DEPTH(DEPTH)) early_fifo (
      .clk_i(clk_i), .rst_ni(rst_ni), .push_i(dispatch_i), .data_i(tokens_i[9:0]), .pop_i(release_i),
      .data_o(early), .valid_o(early_valid), .count_o(early_count));

  sync_fifo #(.WIDTH(21), .DEPTH(DEPTH)) end_fifo (
      .clk_i(clk_i), .rst_ni(rst_ni), .push_i(dispatch_i), .data_i({pc_i, tokens_i[14:10]}), .pop_i(done_i),
      .data_o({pc_o, final_token}), .valid_o(end_valid), .count_o(end_count));

  assign push_valid_o = {final_token[4], early[9], early[4]};
  assign push_semaphore_o = {final_token[3:0], early[8:5], early[3:0]};
  assign busy_o = end_valid;

  logic unused;
  assign unused = &{1'b0, early_valid, early_count, end_count};
endmodule

`default_nettype wire
