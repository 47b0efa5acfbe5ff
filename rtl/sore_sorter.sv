// SORE, along columns: keeps the N largest of every M neighbours and moves them together; docs/architecture/vector.md §5.
//
// MAXM values at once, which are MAXM/M groups. Three stages: values in cycle t, slots in cycle t+3. Slot `first + j` of a
// group that begins at `first` holds its kept value number j, in ascending position; slots from N on hold nothing.
`default_nettype none

module sore_sorter #(
    /// Largest group size: 4, 8 or 16.
    parameter int unsigned MAXM = 8
) (
    /// Clock.
    input  wire logic               clk_i,
    /// Values, IEEE binary16.
    input  wire logic [16*MAXM-1:0] data_i,
    /// Those that are elements of the matrix; the others are +0 and get index 0.
    input  wire logic [MAXM-1:0]    exists_i,
    /// Values to keep; stable from t to t+1.
    input  wire logic [4:0]         n_i,
    /// Only the two of a pair compete: with N = 1 and M = 4 one of every two is kept. Stable in t.
    input  wire logic               pairs_i,
    /// Group size; stable from t to t+2.
    input  wire logic [4:0]         m_i,
    /// Slots of {index, value}, 20 bits each.
    output logic [20*MAXM-1:0]      slots_o
);
  // Two places of one group?
  logic [MAXM*MAXM-1:0] same;
  for (genvar i = 0; i < MAXM; i++) begin : gen_same
    for (genvar j = 0; j < MAXM; j++) begin : gen_pair
      assign same[MAXM*i+j] = (i / 4 == j / 4) || (m_i[3] && i / 8 == j / 8) || m_i[4];
    end
  end

  // 1: value i is ahead of value j, with which it competes.
  logic [MAXM*MAXM-1:0] rivals;
  for (genvar i = 0; i < MAXM; i++) begin : gen_rival
    for (genvar j = 0; j < MAXM; j++) begin : gen_pair
      assign rivals[MAXM*i+j] = same[MAXM*i+j] && (i / 2 == j / 2 || !pairs_i);
    end
  end
  logic [MAXM*MAXM-1:0] ahead1_q;
  logic [16*MAXM-1:0] data1_q, data2_q;
  logic [MAXM-1:0] exists1_q, exists2_q;
  for (genvar i = 0; i < MAXM; i++) begin : gen_ahead
    for (genvar j = 0; j < MAXM; j++) begin : gen_pair
      if (i < j) begin : gen_earlier
        always_ff @(posedge clk_i) ahead1_q[MAXM*i+j] <= rivals[MAXM*i+j] && data_i[16*i+:15] >= data_i[16*j+:15];
      end else if (i > j) begin : gen_later
        always_ff @(posedge clk_i) ahead1_q[MAXM*i+j] <= rivals[MAXM*i+j] && data_i[16*i+:15] > data_i[16*j+:15];
      end else begin : gen_self
        always_ff @(posedge clk_i) ahead1_q[MAXM*i+j] <= 1'b0;
      end
    end
  end

  // 2: those with fewer than N ahead are kept.
  logic [MAXM-1:0] keep, keep2_q;
  always_comb begin
    for (int j = 0; j < MAXM; j++) begin
      logic [4:0] count;
      count = '0;
      for (int i = 0; i < MAXM; i++) count = count + 5'(ahead1_q[MAXM*i+j]);
      keep[j] = count < n_i;
    end
  end
  always_ff @(posedge clk_i) begin
    data1_q <= data_i;
    data2_q <= data1_q;
    exists1_q <= exists_i;
    exists2_q <= exists1_q;
    keep2_q <= keep;
  end

  // 3: kept value number j of its group goes to slot j.
  logic [4*MAXM-1:0] number;
  always_comb begin
    for (int e = 0; e < MAXM; e++) begin
      logic [3:0] earlier;
      earlier = '0;
      for (int i = 0; i < e; i++) earlier = earlier + 4'(keep2_q[i] && same[MAXM*i+e]);
      number[4*e+:4] = earlier;
    end
  end
  logic [20*MAXM-1:0] slots;
  always_comb begin
    slots = '0;
    for (int s = 0; s < MAXM; s++) begin
      for (int e = 0; e < MAXM; e++) begin
        if (keep2_q[e] && same[MAXM*s+e] && number[4*e+:4] == (4'(s) & (4'(m_i) - 4'd1))) begin
          slots[20*s+:20] =
              slots[20*s+:20] | {exists2_q[e] ? 4'(e) & (4'(m_i) - 4'd1) : 4'd0, data2_q[16*e+:16]};
        end
      end
    end
  end
  always_ff @(posedge clk_i) slots_o <= slots;
endmodule

`default_nettype wire
