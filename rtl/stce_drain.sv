// Drains tiles of accumulators: one slot a cycle, rows innermost, to the result buffer; docs/architecture/contract.md §5, "OS, LAST".
//
// Tiles whose last MAC slot has passed wait here for their turn. Slots are those of row 0 and column 0 in the cycle in which they
// are given; the array adds the skew.
`default_nettype none

module stce_drain #(
    /// Array rows.
    parameter int unsigned R = 4,
    /// Accumulator slots of a bank, at most 16.
    parameter int unsigned S = 8,
    /// Bits of a drain slot's accumulator.
    parameter int unsigned PLACE_BITS = 4
) (
    /// Clock.
    input  wire logic                  clk_i,
    /// Synchronous reset, active low.
    input  wire logic                  rst_ni,
    /// The last MAC slot of a tile passes.
    input  wire logic                  push_i,
    /// The tile's accumulator bank.
    input  wire logic                  bank_i,
    /// Its first result address.
    input  wire logic [15:0]           ra_i,
    /// Its rows of the array, row slots and column slots.
    input  wire logic [$clog2(R):0]    rows_i,
    input  wire logic [3:0]            sr_i,
    input  wire logic [4:0]            sc_i,
    /// Results are FP16.
    input  wire logic                  fp16_i,
    /// A drain slot.
    output logic                       valid_o,
    /// It is the tile's last.
    output logic                       end_o,
    /// Its row, its accumulator, whether it is written as FP16, and its result address.
    output logic [$clog2(R)-1:0]       row_o,
    output logic [PLACE_BITS-1:0]      place_o,
    output logic                       fp16_o,
    output logic [15:0]                addr_o
);
  localparam int unsigned SLOT_BITS = $clog2(S);
  localparam int unsigned ROW_BITS = $clog2(R);
  localparam int unsigned TILE_BITS = 1 + 16 + ROW_BITS + 1 + 4 + 5 + 1;
  localparam int unsigned ELIGIBLE_DELAY = sat_isa::T_DRAIN_LATENCY + 1;

  logic tile_valid;
  logic [TILE_BITS-1:0] tile;
  logic [2:0] tile_count;
  sync_fifo #(.WIDTH(TILE_BITS), .DEPTH(4)) tiles (
      .clk_i(clk_i), .rst_ni(rst_ni), .push_i(push_i), .data_i({bank_i, ra_i, rows_i, sr_i, sc_i, fp16_i}), .pop_i(end_o),
      .data_o(tile), .valid_o(tile_valid), .count_o(tile_count));
  logic bank;
  logic [15:0] ra;
  logic [ROW_BITS:0] rows;
  logic [3:0] sr;
  logic [4:0] sc;
  assign {bank, ra, rows, sr, sc, fp16_o} = tile;

  // Tiles whose accumulators are complete.
  logic [ELIGIBLE_DELAY-1:0] eligible_delay_q;
  logic [2:0] eligible_q;
  logic active_q, start, row_end, column_end, slot_end;
  logic [ROW_BITS:0] row_q;
  logic [4:0] column_q;
  logic [3:0] slot_q;
  assign start = !active_q && (eligible_q != '0 || eligible_delay_q[ELIGIBLE_DELAY-1]);
  assign valid_o = start || active_q;
  assign row_end = row_q + 1'b1 == rows;
  assign column_end = column_q + 5'd1 == sc;
  assign slot_end = slot_q + 4'd1 == sr;
  assign end_o = valid_o && row_end && column_end && slot_end;

  // Row p of the tile: s*R + r.
  logic [15:0] row_number;
  logic [15:0] step;   // result addresses from the tile's first to this slot's
  logic [7:0] number;  // accumulator: column * sr + slot
  assign row_number = ({12'd0, slot_q} << ROW_BITS) + 16'(row_q);
  assign step = row_number * {11'd0, sc} + {11'd0, column_q};
  assign number = {3'd0, column_q} * {4'd0, sr} + {4'd0, slot_q};
  assign row_o = row_q[ROW_BITS-1:0];
  assign place_o = PLACE_BITS'({bank, number[SLOT_BITS-1:0]});
  assign addr_o = ra + step;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      eligible_delay_q <= '0;
      eligible_q <= '0;
      active_q <= 1'b0;
      row_q <= '0;
      column_q <= '0;
      slot_q <= '0;
    end else begin
      eligible_delay_q <= {eligible_delay_q[ELIGIBLE_DELAY-2:0], push_i};
      eligible_q <= eligible_q + 3'(eligible_delay_q[ELIGIBLE_DELAY-1]) - 3'(start);
      active_q <= valid_o && !end_o;
      if (valid_o) begin
        row_q <= row_end ? '0 : row_q + 1'b1;
        if (row_end) column_q <= column_end ? '0 : column_q + 5'd1;
        if (row_end && column_end) slot_q <= slot_end ? '0 : slot_q + 4'd1;
      end
    end
  end

  logic unused;
  assign unused = &{1'b0, tile_valid, tile_count, number};
endmodule

`default_nettype wire
