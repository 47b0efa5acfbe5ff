// First-in first-out queue with registered storage and a visible head; docs/architecture/contract.md §1 (PF, LF, SF).
//
// An entry pushed in cycle t is at the head, at the earliest, in cycle t+1. The storage is written at one address and
// read at one address a cycle without a clock on the read side: distributed RAM.
`default_nettype none

module sync_fifo #(
    /// Bits of an entry, at least 1.
    parameter int unsigned WIDTH = 8,
    /// Entries, at least 2.
    parameter int unsigned DEPTH = 4,
    /// 1: the head stands in registers, for those who have much to do with it in its cycle. Nothing else differs.
    parameter int unsigned HEAD = 0
) (
    /// Clock.
    input  wire logic                         clk_i,
    /// Synchronous reset, active low: empties the queue.
    input  wire logic                         rst_ni,
    /// Push `data_i`; only when the queue is not full.
    input  wire logic                         push_i,
    /// Entry to push.
    input  wire logic [WIDTH-1:0]             data_i,
    /// Remove the head; only when `valid_o`.
    input  wire logic                         pop_i,
    /// The head, meaningful when `valid_o`.
    output logic [WIDTH-1:0]                  data_o,
    /// The queue holds an entry.
    output logic                              valid_o,
    /// Entries held at the beginning of the cycle.
    output logic [$clog2(DEPTH+1)-1:0]        count_o
);
  localparam int unsigned PTR_BITS = $clog2(DEPTH);
  localparam int unsigned COUNT_BITS = $clog2(DEPTH + 1);

  (* ram_style = "distributed" *)
  logic [WIDTH-1:0] storage_q [0:DEPTH-1];
  logic [PTR_BITS-1:0] head_q;
  logic [PTR_BITS-1:0] tail_q;
  logic [COUNT_BITS-1:0] count_q;
  logic valid_q;  // count_q is not 0

  assign valid_o = valid_q;
  assign count_o = count_q;

  logic last;  // the head is the only entry
  assign last = count_q[COUNT_BITS-1:1] == '0;
  if (HEAD == 0) begin : gen_read
    assign data_o = storage_q[head_q];
  end else begin : gen_head
    logic [PTR_BITS-1:0] next;  // the entry after the head
    assign next = head_q == PTR_BITS'(DEPTH - 1) ? '0 : head_q + 1'b1;
    always_ff @(posedge clk_i) begin
      if (push_i && (!valid_q || (pop_i && last))) data_o <= data_i;
      else if (pop_i) data_o <= storage_q[next];
    end
  end

  always_ff @(posedge clk_i) begin
    if (push_i) storage_q[tail_q] <= data_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      head_q  <= '0;
      tail_q  <= '0;
      count_q <= '0;
      valid_q <= 1'b0;
    end else begin
      if (push_i) tail_q <= (tail_q == PTR_BITS'(DEPTH - 1)) ? '0 : tail_q + 1'b1;
      if (pop_i) head_q <= (head_q == PTR_BITS'(DEPTH - 1)) ? '0 : head_q + 1'b1;
      count_q <= count_q + COUNT_BITS'(push_i) - COUNT_BITS'(pop_i);
      valid_q <= push_i || (pop_i ? !last : valid_q);
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && push_i && !pop_i && count_q == COUNT_BITS'(DEPTH)) $error("sync_fifo: push into a full queue");
    if (rst_ni && pop_i && count_q == '0) $error("sync_fifo: pop from an empty queue");
  end
`endif
endmodule

`default_nettype wire
