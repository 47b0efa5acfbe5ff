// Walks the positions (b, y, x) of a LOAD or STORE operation; docs/architecture/contract.md §4 "Positions", §7.
//
// The start address takes three cycles of multiplication and addition (ADDRESS_SETUP); from then on every step is one
// addition. Arithmetic is modulo 2^40, coordinates have 24 bits.
`default_nettype none

module position_counter (
    /// Clock.
    input  wire logic        clk_i,
    /// Synchronous reset, active low.
    input  wire logic        rst_ni,
    /// A new program: the saved position becomes (0,0,0).
    input  wire logic        clear_i,
    /// An operation is dispatched in this cycle; the parameters below are taken.
    input  wire logic        start_i,
    /// SEEK: start at (b0,y0,x0), otherwise at the saved position.
    input  wire logic        seek_i,
    /// ADVANCE: save the position after the last one.
    input  wire logic        advance_i,
    /// Byte address of tensor element (0,0,0).
    input  wire logic [39:0] base_i,
    /// Bytes from one column, row, image to the next: px, py, pb.
    input  wire logic [39:0] px_i,
    /// See `px_i`.
    input  wire logic [39:0] py_i,
    /// See `px_i`.
    input  wire logic [39:0] pb_i,
    /// Positions per grid row.
    input  wire logic [23:0] grid_w_i,
    /// Grid rows per image.
    input  wire logic [23:0] grid_h_i,
    /// Column stride.
    input  wire logic [7:0]  sx_i,
    /// Row stride.
    input  wire logic [7:0]  sy_i,
    /// Column offset, signed.
    input  wire logic [23:0] ox_i,
    /// Row offset, signed.
    input  wire logic [23:0] oy_i,
    /// Input columns; others are not valid.
    input  wire logic [23:0] in_w_i,
    /// Input rows; others are not valid.
    input  wire logic [23:0] in_h_i,
    /// Start image (SEEK).
    input  wire logic [23:0] b0_i,
    /// Start grid row (SEEK).
    input  wire logic [23:0] y0_i,
    /// Start grid column (SEEK).
    input  wire logic [23:0] x0_i,
    /// Positions to visit, at least 1.
    input  wire logic [23:0] count_i,
    /// The outputs below describe a position.
    output logic             active_o,
    /// It is the operation's last.
    output logic             last_o,
    /// It lies inside the input.
    output logic             inside_o,
    /// Its address in 8-byte words.
    output logic [36:0]      word_o,
    /// Go on to the next position, or end after the last one; only when `active_o`.
    input  wire logic        step_i
);
  // Parameters of the operation.
  logic [39:0] base_q;
  logic [39:0] px_q;
  logic [39:0] py_q;
  logic [39:0] pb_q;
  logic [23:0] grid_w_q;
  logic [23:0] grid_h_q;
  logic [7:0] sx_q;
  logic [7:0] sy_q;
  logic [23:0] ox_q;
  logic [23:0] oy_q;
  logic [23:0] in_w_q;
  logic [23:0] in_h_q;
  logic advance_q;

  // Set-up pipeline.
  logic setup1_q;
  logic setup2_q;
  logic setup3_q;
  logic [39:0] step_x_q;    // sx*px
  logic [39:0] step_y_q;    // sy*py
  logic [39:0] part_b_q;    // b*pb
  logic [39:0] part_y_q;    // oy*py, then y*step_y
  logic [39:0] part_x_q;    // ox*px, then x*step_x

  // Position and addresses.
  logic active_q;
  logic [23:0] b_q;
  logic [23:0] y_q;
  logic [23:0] x_q;
  logic [23:0] saved_b_q;
  logic [23:0] saved_y_q;
  logic [23:0] saved_x_q;
  logic [23:0] left_q;
  logic signed [33:0] iy_q;
  logic signed [33:0] ix_q;
  logic [39:0] image_q;     // address of the image's grid element (0,0)
  logic [39:0] row_q;       // of the row's grid element 0
  logic [39:0] address_q;

  logic wrap_x;
  logic wrap_y;
  logic [23:0] next_b;
  logic [23:0] next_y;
  logic [23:0] next_x;
  logic [39:0] next_image;
  logic [39:0] next_row;
  logic [39:0] start_row;

  assign wrap_x = x_q + 24'd1 == grid_w_q;
  assign wrap_y = y_q + 24'd1 == grid_h_q;
  assign next_x = wrap_x ? '0 : x_q + 24'd1;
  assign next_y = !wrap_x ? y_q : (wrap_y ? '0 : y_q + 24'd1);
  assign next_b = wrap_x && wrap_y ? b_q + 24'd1 : b_q;
  assign next_image = image_q + pb_q;
  assign next_row = wrap_y ? next_image : row_q + step_y_q;
  assign start_row = image_q + part_y_q;

  assign active_o = active_q;
  assign last_o = left_q == 24'd1;
  assign inside_o = !iy_q[33] && iy_q < $signed({10'd0, in_h_q}) && !ix_q[33] && ix_q < $signed({10'd0, in_w_q});
  assign word_o = address_q[39:3];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      setup1_q <= 1'b0;
      setup2_q <= 1'b0;
      setup3_q <= 1'b0;
    end else begin
      setup1_q <= start_i;
      setup2_q <= setup1_q;
      setup3_q <= setup2_q;
      if (setup3_q) active_q <= 1'b1;
      else if (step_i && last_o) active_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      base_q    <= base_i;
      px_q      <= px_i;
      py_q      <= py_i;
      pb_q      <= pb_i;
      grid_w_q  <= grid_w_i;
      grid_h_q  <= grid_h_i;
      sx_q      <= sx_i;
      sy_q      <= sy_i;
      ox_q      <= ox_i;
      oy_q      <= oy_i;
      in_w_q    <= in_w_i;
      in_h_q    <= in_h_i;
      advance_q <= advance_i;
    end
  end

  // b, y, x and the number of positions left.
  always_ff @(posedge clk_i) begin
    if (start_i) begin
      b_q    <= seek_i ? b0_i : saved_b_q;
      y_q    <= seek_i ? y0_i : saved_y_q;
      x_q    <= seek_i ? x0_i : saved_x_q;
      left_q <= count_i;
    end else if (step_i) begin
      b_q    <= next_b;
      y_q    <= next_y;
      x_q    <= next_x;
      left_q <= left_q - 24'd1;
    end
    if (!rst_ni || clear_i) begin
      saved_b_q <= '0;
      saved_y_q <= '0;
      saved_x_q <= '0;
    end else if (step_i && last_o && advance_q) begin
      saved_b_q <= next_b;
      saved_y_q <= next_y;
      saved_x_q <= next_x;
    end
  end

  // Input coordinates.
  always_ff @(posedge clk_i) begin
    if (setup1_q) begin
      iy_q <= $signed({2'd0, 32'(y_q) * 32'(sy_q)}) + 34'($signed(oy_q));
      ix_q <= $signed({2'd0, 32'(x_q) * 32'(sx_q)}) + 34'($signed(ox_q));
    end else if (step_i) begin
      if (!wrap_x) ix_q <= ix_q + $signed({26'd0, sx_q});
      else ix_q <= 34'($signed(ox_q));
      if (wrap_x) begin
        if (wrap_y) iy_q <= 34'($signed(oy_q));
        else iy_q <= iy_q + $signed({26'd0, sy_q});
      end
    end
  end

  // Addresses: three cycles to the first, then one addition a step.
  always_ff @(posedge clk_i) begin
    if (setup1_q) begin
      step_x_q <= 40'(sx_q) * px_q;
      step_y_q <= 40'(sy_q) * py_q;
      part_b_q <= 40'(b_q) * pb_q;
      part_y_q <= $unsigned(40'($signed(oy_q))) * py_q;
      part_x_q <= $unsigned(40'($signed(ox_q))) * px_q;
    end
    if (setup2_q) begin
      part_y_q <= 40'(y_q) * step_y_q;
      part_x_q <= 40'(x_q) * step_x_q;
    end
    if (setup2_q) image_q <= base_q + part_b_q + part_y_q + part_x_q;
    else if (step_i && wrap_x && wrap_y) image_q <= next_image;
    if (setup3_q) row_q <= start_row;
    else if (step_i && wrap_x) row_q <= next_row;
    if (setup3_q) address_q <= start_row + part_x_q;
    else if (step_i) address_q <= wrap_x ? next_row : address_q + step_x_q;
  end
endmodule

`default_nettype wire
