// SORE, the sparse online reduction engine: N:M masks and the packed copies of a block; docs/architecture/vector.md §5.
//
// Rows of rounded weights come from the lanes, one a cycle, 16 a block. Along rows every lane ranks its values as they stream
// by (sore_ranker); along columns each row is sorted at once (sore_sorter). The values lie in one small RAM a lane, the
// sorted rows in the transposer; both hold two blocks. Cycle t: row 15 of a block to be packed comes. From t+4 on its copies
// are written, one row of lanes or one piece a cycle, in cycles without `hold_i`: values along rows, their indices, values
// along columns, their indices. A write decided in cycle w stands at the outputs in w+3.
`default_nettype none

module sore #(
    /// Lanes, a multiple of 16.
    parameter int unsigned V = 16,
    /// Largest group size: 4, 8 or 16.
    parameter int unsigned MAXM = 8,
    /// Bits of a VMEM word address.
    parameter int unsigned WORD_BITS = 19
) (
    /// Clock.
    input  wire logic                       clk_i,
    /// Synchronous reset, active low.
    input  wire logic                       rst_ni,
    /// Operation of the rows that come, and of the block whose row 15 came up to three cycles ago: N + 256*M along rows, 0
    /// for no copy.
    input  wire logic [15:0]                nm_f_i,
    /// The same along columns.
    input  wire logic [15:0]                nm_b_i,
    /// Of the 2:4 along rows, one of each two is kept: 1:2.
    input  wire logic                       pairs_f_i,
    /// The same along columns.
    input  wire logic                       pairs_b_i,
    /// First words of o3, o4, o5 and o6, in this order from bit 0 up.
    input  wire logic [4*WORD_BITS-1:0]     results_i,
    /// Units of 16 channels in the matrix, rounded up.
    input  wire logic [WORD_BITS-1:0]       units_i,
    /// Blocks of 16 rows in the matrix, rounded up.
    input  wire logic [WORD_BITS-1:0]       blocks_i,
    /// A row comes: an old weight to be ranked.
    input  wire logic                       rank_i,
    /// A row comes: to be packed.
    input  wire logic                       pack_i,
    /// Its number in the block.
    input  wire logic [3:0]                 row_i,
    /// Rows of the block that exist, 1..16.
    input  wire logic [4:0]                 rows_i,
    /// Lanes of the slice that exist, 1..V.
    input  wire logic [$clog2(V+1)-1:0]     lanes_i,
    /// Its block is the first of an operation.
    input  wire logic                       first_block_i,
    /// Its block is the first of a slice.
    input  wire logic                       first_of_slice_i,
    /// Its values, IEEE binary16.
    input  wire logic [16*V-1:0]            data_i,
    /// Row whose mask is wanted.
    input  wire logic [3:0]                 mask_row_i,
    /// Lanes that m_f keeps in that row of the old weights, from two cycles after their row 15 on.
    output logic [V-1:0]                    mask_o,
    /// No write may be decided in this cycle.
    input  wire logic                       hold_i,
    /// A write.
    output logic                            wr_valid_o,
    /// Its first VMEM word.
    output logic [WORD_BITS-1:0]            wr_word_o,
    /// Its words.
    output logic [$clog2(V/4+1)-1:0]        wr_words_o,
    /// Its data.
    output logic [16*V-1:0]                 wr_data_o
);
  localparam int unsigned LANE_BITS = $clog2(V);
  localparam int unsigned COUNT_BITS = $clog2(V + 1);
  // What is written, in this order.
  localparam logic [2:0] F_VALUES = 3'd0;
  localparam logic [2:0] F_INDICES = 3'd1;
  localparam logic [2:0] B_VALUES = 3'd2;
  localparam logic [2:0] B_INDICES = 3'd3;
  localparam logic [2:0] DONE = 3'd4;

  if (V % 16 != 0 || (MAXM != 4 && MAXM != 8 && MAXM != 16)) begin : gen_check
    $error("sore: V must be a multiple of 16 and MAXM 4, 8 or 16");
  end

  // ---- what exists; the rest is +0
  logic [V-1:0] exists;
  logic [16*V-1:0] data;
  for (genvar l = 0; l < V; l++) begin : gen_exists
    assign exists[l] = COUNT_BITS'(l) < lanes_i && {1'b0, row_i} < rows_i;
    assign data[16*l+:16] = exists[l] ? data_i[16*l+:16] : 16'd0;
  end

  // ---- along rows: ranking, masks
  logic [4:0] m_f;
  logic [3:0] place;
  logic group_end1_q, old1_q, block1_q;
  logic [15:0] group_rows, group_rows1_q;  // rows of the group that `row_i` belongs to
  logic [MAXM-1:0] earlier;                // places that the value at `place` competes with
  logic [4:0] keep_f, keep_b;              // N of what competes
  logic [4:0] m_f1_q;
  logic block_q;  // half of the RAMs that rows to be packed go to

  assign m_f = nm_f_i[12:8];
  assign place = row_i & (4'(m_f) - 4'd1);
  assign keep_f = pairs_f_i ? 5'd1 : nm_f_i[4:0];
  assign keep_b = pairs_b_i ? 5'd1 : nm_b_i[4:0];
  assign earlier = ((MAXM'(1) << place) - 1'b1) & ~(pairs_f_i ? (MAXM'(1) << {place[3:1], 1'b0}) - 1'b1 : '0);
  for (genvar r = 0; r < 16; r++) begin : gen_group_row
    assign group_rows[r] = (4'(r) | (4'(m_f) - 4'd1)) == (row_i | (4'(m_f) - 4'd1));
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      block_q <= 1'b0;
      group_end1_q <= 1'b0;
    end else begin
      if (pack_i && &row_i) block_q <= !block_q;
      group_end1_q <= (rank_i || pack_i) && {1'b0, place} + 5'd1 == m_f;
    end
    old1_q <= rank_i;
    block1_q <= block_q;
    group_rows1_q <= group_rows;
    m_f1_q <= m_f;
  end

  logic [16*V-1:0] masks;     // of the block that is written, 16 rows a lane
  logic write_block_q;        // its half
  for (genvar l = 0; l < V; l++) begin : gen_lane
    logic [MAXM-1:0] keep;
    logic [15:0] spread;
    logic [15:0] old_q, even_q, odd_q;
    sore_ranker #(.MAXM(MAXM)) ranker (
        .clk_i(clk_i), .valid_i(rank_i || pack_i), .place_i(place), .earlier_i(earlier),
        .magnitude_i(data[16*l+:15]), .n_i(keep_f), .keep_o(keep));
    if (MAXM == 16) begin : gen_sixteen
      assign spread = m_f1_q[4] ? keep : m_f1_q[3] ? {2{keep[7:0]}} : {4{keep[3:0]}};
    end else if (MAXM == 8) begin : gen_eight
      assign spread = m_f1_q[3] ? {2{keep[7:0]}} : {4{keep[3:0]}};
    end else begin : gen_four
      assign spread = {4{keep[3:0]}};
    end
    always_ff @(posedge clk_i) begin
      if (group_end1_q) begin
        if (old1_q) old_q <= (old_q & ~group_rows1_q) | (spread & group_rows1_q);
        else if (block1_q) odd_q <= (odd_q & ~group_rows1_q) | (spread & group_rows1_q);
        else even_q <= (even_q & ~group_rows1_q) | (spread & group_rows1_q);
      end
    end
    assign mask_o[l] = old_q[mask_row_i];
    assign masks[16*l+:16] = write_block_q ? odd_q : even_q;
  end

  // ---- along columns: sorting, transposing
  logic [20*V-1:0] slots;
  logic [14:0] column_pipe_q;  // {valid, half and row} of the three cycles before
  for (genvar s = 0; s < V / MAXM; s++) begin : gen_sorter
    sore_sorter #(.MAXM(MAXM)) sorter (
        .clk_i(clk_i), .data_i(data[16*MAXM*s+:16*MAXM]), .exists_i(exists[MAXM*s+:MAXM]), .n_i(keep_b),
        .pairs_i(pairs_b_i), .m_i(nm_b_i[12:8]), .slots_o(slots[20*MAXM*s+:20*MAXM]));
  end
  logic [2:0] column_valid_q;
  always_ff @(posedge clk_i) begin
    column_valid_q <= rst_ni ? {column_valid_q[1:0], pack_i} : 3'd0;
    column_pipe_q <= {column_pipe_q[9:0], block_q, row_i};
  end
  logic [319:0] piece;
  logic [LANE_BITS-1:0] slot2_q;
  logic block2_q;
  sore_transposer #(.V(V)) transposer (
      .clk_i(clk_i), .wr_valid_i(column_valid_q[2]), .wr_row_i(column_pipe_q[14:10]), .wr_slots_i(slots),
      .rd_block_i(block2_q), .rd_slot_i(slot2_q), .rd_piece_o(piece));

  // ---- the sequence of writes
  logic [2:0] start_q;  // row 15 came one, two, three cycles ago
  logic [4:0] rows1_q, rows2_q, rows3_q;
  logic [COUNT_BITS-1:0] lanes1_q, lanes2_q, lanes3_q;
  logic first1_q, first2_q, first3_q, slice1_q, slice2_q, slice3_q;
  always_ff @(posedge clk_i) begin
    start_q <= rst_ni ? {start_q[1:0], pack_i && &row_i} : 3'd0;
    {rows3_q, rows2_q, rows1_q} <= {rows2_q, rows1_q, rows_i};
    {lanes3_q, lanes2_q, lanes1_q} <= {lanes2_q, lanes1_q, lanes_i};
    {first3_q, first2_q, first1_q} <= {first2_q, first1_q, first_block_i};
    {slice3_q, slice2_q, slice1_q} <= {slice2_q, slice1_q, first_of_slice_i};
  end

  logic [2:0] kind_q;
  logic [4:0] nf_q, mf_q, nb_q, mb_q;
  logic f_sparse_q, b_q, b_sparse_q;
  logic [4:0] rows_q;
  logic [COUNT_BITS-1:0] lanes_q;
  logic [COUNT_BITS-1:0] base_q;  // first row or lane of the group
  logic [4:0] j_q;
  logic [WORD_BITS-1:0] units_q, blocks_q;
  // Next word of each plane, and the first one of the slice.
  logic [WORD_BITS-1:0] fv_q, fi_q, bv_q, bi_q;
  logic [WORD_BITS-1:0] fv_slice_q, fi_slice_q, bv_slice_q, bi_slice_q;
  logic [WORD_BITS-1:0] block_words_q;  // words of indices of a column's blocks before this one

  logic go;
  logic along_columns;
  logic [4:0] n, m;
  logic [COUNT_BITS:0] base_next;
  logic group_last, kind_last;
  logic [2:0] kind_next, kind_first;
  assign go = kind_q != DONE && !hold_i;
  assign along_columns = kind_q == B_VALUES || kind_q == B_INDICES;
  assign n = along_columns ? nb_q : nf_q;
  assign m = along_columns ? mb_q : mf_q;
  assign base_next = {1'b0, base_q} + (COUNT_BITS + 1)'(m);
  assign group_last = j_q + 5'd1 == n;
  assign kind_last =
      group_last && base_next >= (along_columns ? {1'b0, lanes_q} : (COUNT_BITS + 1)'(rows_q));
  always_comb begin
    case (kind_q)
      F_VALUES: kind_next = f_sparse_q ? F_INDICES : b_q ? B_VALUES : DONE;
      F_INDICES: kind_next = b_q ? B_VALUES : DONE;
      B_VALUES: kind_next = b_sparse_q ? B_INDICES : DONE;
      default: kind_next = DONE;
    endcase
  end
  logic [WORD_BITS-1:0] bv_next, bi_next;
  assign bv_next = go && kind_q == B_VALUES ? bv_q + {blocks_q[WORD_BITS-3:0], 2'b00} : bv_q;
  assign bi_next = go && kind_q == B_INDICES ? bi_q + blocks_q : bi_q;
  assign kind_first = nm_f_i[4:0] != 5'd0 ? F_VALUES : B_VALUES;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      kind_q <= DONE;
    end else if (start_q[2]) begin
      kind_q <= kind_first;
    end else if (go && kind_last) begin
      kind_q <= kind_next;
    end

    if (start_q[2]) begin
      write_block_q <= !block_q;
      {mf_q, nf_q} <= {nm_f_i[12:8], nm_f_i[4:0]};
      {mb_q, nb_q} <= {nm_b_i[12:8], nm_b_i[4:0]};
      f_sparse_q <= nm_f_i[12:8] != nm_f_i[4:0];
      b_sparse_q <= nm_b_i[12:8] != nm_b_i[4:0];
      b_q <= nm_b_i[4:0] != 5'd0;
      rows_q <= rows3_q;
      lanes_q <= lanes3_q;
      units_q <= units_i;
      blocks_q <= blocks_i;
      base_q <= '0;
      j_q <= '0;
    end else if (go) begin
      j_q <= group_last ? 5'd0 : j_q + 5'd1;
      if (kind_last) base_q <= '0;
      else if (group_last) base_q <= base_next[COUNT_BITS-1:0];
    end

    // Along rows the packed rows of a slice follow each other through its blocks. Along columns a block is one piece of every
    // packed row; what a slice's last row leaves behind, less the blocks before, is where the next slice begins. The last
    // write of a block may fall into the cycle in which the next one starts.
    if (start_q[2]) begin
      if (first3_q) begin
        {bi_q, bv_q, fi_q, fv_q} <= results_i;
        {bi_slice_q, bv_slice_q, fi_slice_q, fv_slice_q} <= results_i;
        block_words_q <= '0;
      end else if (slice3_q) begin
        fv_q <= fv_slice_q + WORD_BITS'(V / 4);
        fi_q <= fi_slice_q + WORD_BITS'(V / 16);
        fv_slice_q <= fv_slice_q + WORD_BITS'(V / 4);
        fi_slice_q <= fi_slice_q + WORD_BITS'(V / 16);
        bv_q <= bv_next - {block_words_q[WORD_BITS-3:0], 2'b00};
        bi_q <= bi_next - block_words_q;
        bv_slice_q <= bv_next - {block_words_q[WORD_BITS-3:0], 2'b00};
        bi_slice_q <= bi_next - block_words_q;
        block_words_q <= '0;
      end else begin
        bv_q <= bv_slice_q + {block_words_q[WORD_BITS-3:0], 2'b00} + WORD_BITS'(4);
        bi_q <= bi_slice_q + block_words_q + WORD_BITS'(1);
        block_words_q <= block_words_q + WORD_BITS'(1);
      end
    end else if (go) begin
      case (kind_q)
        F_VALUES: fv_q <= fv_q + {units_q[WORD_BITS-3:0], 2'b00};
        F_INDICES: fi_q <= fi_q + units_q;
        B_VALUES: bv_q <= bv_next;
        default: bi_q <= bi_next;
      endcase
    end
  end

  // Cycle w: each lane's mask of the group. It holds exactly N ones.
  logic go1_q, write_block1_q;
  logic [2:0] kind1_q;
  logic [WORD_BITS-1:0] word1_q;
  logic [3:0] base1_q;
  logic [4:0] j1_q, rows1w_q;
  logic [COUNT_BITS-1:0] lanes1w_q;
  logic [LANE_BITS-1:0] slot1_q;
  logic [MAXM*V-1:0] group1_q;
  for (genvar l = 0; l < V; l++) begin : gen_group
    logic [15:0] group;
    assign group = masks[16*l+:16] >> base_q[3:0];
    always_ff @(posedge clk_i) group1_q[MAXM*l+:MAXM] <= group[MAXM-1:0];
    if (MAXM < 16) begin : gen_rest
      logic unused_group;
      assign unused_group = &{1'b0, group[15:MAXM]};
    end
  end
  always_ff @(posedge clk_i) begin
    go1_q <= rst_ni && go;
    kind1_q <= kind_q;
    write_block1_q <= write_block_q;
    base1_q <= base_q[3:0];
    j1_q <= j_q;
    rows1w_q <= rows_q;
    lanes1w_q <= lanes_q;
    slot1_q <= base_q[LANE_BITS-1:0] + LANE_BITS'(j_q);
    case (kind_q)
      F_VALUES: word1_q <= fv_q;
      F_INDICES: word1_q <= fi_q;
      B_VALUES: word1_q <= bv_q;
      default: word1_q <= bi_q;
    endcase
  end

  // Cycle w+1: position of each lane's kept value number j.
  logic go2_q;
  logic [2:0] kind2_q;
  logic [WORD_BITS-1:0] word2_q;
  logic [3:0] base2_q;
  logic [4:0] rows2w_q;
  logic [COUNT_BITS-1:0] lanes2w_q;
  logic [4*V-1:0] index2_q;
  for (genvar l = 0; l < V; l++) begin : gen_position
    logic [3:0] index;
    logic [MAXM-1:0] ahead;  // bit k: k kept values are still before number j
    always_comb begin
      index = '0;
      ahead = MAXM'(1) << j1_q;
      for (int e = 0; e < MAXM; e++) begin
        if (group1_q[MAXM*l+e] && ahead[0]) index = index | 4'(e);
        if (group1_q[MAXM*l+e]) ahead = ahead >> 1;
      end
    end
    always_ff @(posedge clk_i) index2_q[4*l+:4] <= index;
  end
  always_ff @(posedge clk_i) begin
    go2_q <= rst_ni && go1_q;
    kind2_q <= kind1_q;
    block2_q <= write_block1_q;
    base2_q <= base1_q;
    rows2w_q <= rows1w_q;
    lanes2w_q <= lanes1w_q;
    slot2_q <= slot1_q;
    word2_q <= word1_q;
  end

  // Cycle w+2: values are read.
  logic [16*V-1:0] row_values;
  logic [4*V-1:0] row_indices;
  logic [16*V-1:0] column_values;
  logic [4*V-1:0] column_indices;
  for (genvar l = 0; l < V; l++) begin : gen_values
    (* ram_style = "distributed" *)
    logic [15:0] values_q [0:31];
    logic [3:0] at;
    always_ff @(posedge clk_i) begin
      if (pack_i) values_q[{block_q, row_i}] <= data[16*l+:16];
    end
    assign at = base2_q + index2_q[4*l+:4];
    assign row_values[16*l+:16] = values_q[{block2_q, at}];
    assign row_indices[4*l+:4] =
        COUNT_BITS'(l) < lanes2w_q && {1'b0, at} < rows2w_q ? index2_q[4*l+:4] : 4'd0;
  end
  for (genvar r = 0; r < V; r++) begin : gen_piece
    if (r < 16) begin : gen_row
      assign column_values[16*r+:16] = piece[20*r+:16];
      assign column_indices[4*r+:4] = piece[20*r+16+:4];
    end else begin : gen_nothing
      assign column_values[16*r+:16] = '0;
      assign column_indices[4*r+:4] = '0;
    end
  end

  logic [COUNT_BITS:0] units2;  // units of 16 lanes
  assign units2 = ({1'b0, lanes2w_q} + (COUNT_BITS + 1)'(15)) >> 4;
  localparam int unsigned WORDS_BITS = $clog2(V / 4 + 1);
  always_ff @(posedge clk_i) begin
    wr_valid_o <= rst_ni && go2_q;
    wr_word_o <= word2_q;
    case (kind2_q)
      F_VALUES: begin
        wr_data_o <= row_values;
        wr_words_o <= WORDS_BITS'({units2, 2'b00});
      end
      F_INDICES: begin
        wr_data_o <= (16 * V)'(row_indices);
        wr_words_o <= WORDS_BITS'(units2);
      end
      B_VALUES: begin
        wr_data_o <= column_values;
        wr_words_o <= WORDS_BITS'(4);
      end
      default: begin
        wr_data_o <= (16 * V)'(column_indices);
        wr_words_o <= WORDS_BITS'(1);
      end
    endcase
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && start_q[2] && kind_q != DONE && !(go && kind_last && kind_next == DONE))
      $error("sore: a block's copies are not written when the next begins");
  end
`endif

  logic unused;
  assign unused = &{1'b0, m_f1_q, nm_f_i[15:13], nm_f_i[7:5], nm_b_i[15:13], nm_b_i[7:5]};
endmodule

`default_nettype wire
