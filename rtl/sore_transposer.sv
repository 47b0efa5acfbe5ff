// SORE, along columns: turns a block of 16 rows of slots into pieces of one slot in 16 rows; docs/architecture/vector.md §5.
//
// For every 16 slots there are 16 banks. Row r of slot q lies in bank (q + r) mod 16 at address r, so that a row is written
// and a slot is read in one cycle each. Two blocks fit: one is written while the other is read.
`default_nettype none

module sore_transposer #(
    /// Slots of a row, a multiple of 16.
    parameter int unsigned V = 16
) (
    /// Clock.
    input  wire logic                   clk_i,
    /// Write a row.
    input  wire logic                   wr_valid_i,
    /// Block and row.
    input  wire logic [4:0]             wr_row_i,
    /// Its slots, 20 bits each.
    input  wire logic [20*V-1:0]        wr_slots_i,
    /// Block to read.
    input  wire logic                   rd_block_i,
    /// Slot to read.
    input  wire logic [$clog2(V)-1:0]   rd_slot_i,
    /// It, in all 16 rows, in the same cycle.
    output logic [319:0]                rd_piece_o
);
  localparam int unsigned UNITS = V / 16;

  logic [320*UNITS-1:0] read;
  for (genvar u = 0; u < UNITS; u++) begin : gen_unit
    logic [319:0] row;  // slot q in bank (q + r) mod 16
    rotate #(.LANES(16), .WIDTH(20)) turn (
        .data_i(wr_slots_i[320*u+:320]), .by_i(4'd0 - wr_row_i[3:0]), .data_o(row));
    for (genvar k = 0; k < 16; k++) begin : gen_bank
      (* ram_style = "distributed" *)
      logic [19:0] bank_q [0:31];
      logic [3:0] rd_row;
      assign rd_row = 4'(k) - rd_slot_i[3:0];
      always_ff @(posedge clk_i) begin
        if (wr_valid_i) bank_q[wr_row_i] <= row[20*k+:20];
      end
      assign read[320*u+20*k+:20] = bank_q[{rd_block_i, rd_row}];
    end
  end

  logic [319:0] unit;
  if (UNITS == 1) begin : gen_only
    assign unit = read;
  end else begin : gen_choice
    assign unit = read[320*rd_slot_i[$clog2(V)-1:4]+:320];
  end
  rotate #(.LANES(16), .WIDTH(20)) turn (.data_i(unit), .by_i(rd_slot_i[3:0]), .data_o(rd_piece_o));
endmodule

`default_nettype wire
