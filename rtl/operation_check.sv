// Judges the registers of every RUN by the rules that a few gates can hold; docs/architecture/top.md.
//
// The rules are those of runtime/isa/operation_rules.cpp that need no product of registers: ranges and multiples. What
// breaks them could hang an engine or wrap around unseen. The verdict comes one cycle after the RUN stood, beside the
// dispatch and not before it: timing is that of a program that nobody judges.
`default_nettype none

module operation_check #(
    /// Array rows.
    parameter int unsigned R = 4,
    /// Largest group size M.
    parameter int unsigned MAXM = 8,
    /// Accumulator slots of a USPE, per bank.
    parameter int unsigned S = 8
) (
    /// Clock.
    input  wire logic              clk_i,
    /// Synchronous reset, active low.
    input  wire logic              rst_ni,
    /// A RUN of engine e stands.
    input  wire logic [3:0]        op_valid_i,
    /// Registers of engine e, register i in bits 1280*e + 40*i +: 40.
    input  wire logic [4*1280-1:0] op_params_i,
    /// Flags of engine e, bits 16*e +: 16.
    input  wire logic [63:0]       op_flags_i,
    /// The RUN of engine e that stood in the cycle before breaks a rule.
    output logic [3:0]             fault_o
);
  localparam int unsigned LOAD = sat_isa::ENGINE_LOAD;
  localparam int unsigned STCE = sat_isa::ENGINE_STCE;
  localparam int unsigned VEC = sat_isa::ENGINE_VEC;
  localparam int unsigned STORE = sat_isa::ENGINE_STORE;
  localparam logic [39:0] WEST = 40'd0;
  localparam logic [39:0] WEST_SPREAD = 40'd1;
  localparam logic [39:0] WEST_QUADS = 40'd5;
  localparam logic [39:0] MAX24 = 40'hFFFFFF;
  localparam logic [39:0] MAX16 = 40'hFFFF;
  localparam logic [39:0] MAX8 = 40'hFF;
  localparam logic [39:0] ONE_OF_TWO = 40'h201;
  localparam int unsigned ROW_SLOTS = S < sat_isa::T_MAX_ROW_SLOTS ? S : sat_isa::T_MAX_ROW_SLOTS;
  localparam logic QUADS = R % 4 == 0;  // WEST_QUADS and TRANSPOSED exist

  logic [39:0] load_base, load_len, load_px, load_py, load_pb, load_grid_w, load_grid_h;
  logic [39:0] load_sx, load_sy, load_ox, load_oy, load_in_w, load_in_h, load_b0;
  logic [39:0] load_y0, load_x0, load_count, load_dest, load_stride, load_word0, load_group_words;
  logic [39:0] load_dest_kind;
  logic [39:0] stce_wa, stce_wstride, stce_nv, stce_ni, stce_ra, stce_groups, stce_sr;
  logic [39:0] stce_sc, stce_n, stce_m, stce_rows, stce_batches;
  logic [39:0] vec_rows, vec_channels, vec_nm_f, vec_nm_b;
  logic [39:0] store_base, store_len, store_px, store_py, store_pb, store_grid_w, store_grid_h;
  logic [39:0] store_b0, store_y0, store_x0, store_count, store_src, store_sc, store_src_kind;
  logic load_seek, store_seek, store_result, spread, west;
  logic ws, dense, drains, transposed;
  logic [3:0] fault;
  logic [7:0] slots;

  assign load_base = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_BASE+:40];
  assign load_len = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_LEN+:40];
  assign load_px = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_PX+:40];
  assign load_py = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_PY+:40];
  assign load_pb = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_PB+:40];
  assign load_grid_w = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_GRID_W+:40];
  assign load_grid_h = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_GRID_H+:40];
  assign load_sx = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_SX+:40];
  assign load_sy = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_SY+:40];
  assign load_ox = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_OX+:40];
  assign load_oy = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_OY+:40];
  assign load_in_w = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_IN_W+:40];
  assign load_in_h = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_IN_H+:40];
  assign load_b0 = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_B0+:40];
  assign load_y0 = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_Y0+:40];
  assign load_x0 = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_X0+:40];
  assign load_count = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_COUNT+:40];
  assign load_dest = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_DEST+:40];
  assign load_stride = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_STRIDE+:40];
  assign load_word0 = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_WORD0+:40];
  assign load_group_words = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_GROUP_WORDS+:40];
  assign load_dest_kind = op_params_i[1280*sat_isa::ENGINE_LOAD+40*sat_isa::LOAD_R_DEST_KIND+:40];
  assign stce_wa = op_params_i[1280*sat_isa::ENGINE_STCE+40*sat_isa::STCE_R_WA+:40];
  assign stce_wstride = op_params_i[1280*sat_isa::ENGINE_STCE+40*sat_isa::STCE_R_WSTRIDE+:40];
  assign stce_nv = op_params_i[1280*sat_isa::ENGINE_STCE+40*sat_isa::STCE_R_NV+:40];
  assign stce_ni = op_params_i[1280*sat_isa::ENGINE_STCE+40*sat_isa::STCE_R_NI+:40];
  assign stce_ra = op_params_i[1280*sat_isa::ENGINE_STCE+40*sat_isa::STCE_R_RA+:40];
  assign stce_groups = op_params_i[1280*sat_isa::ENGINE_STCE+40*sat_isa::STCE_R_GROUPS+:40];
  assign stce_sr = op_params_i[1280*sat_isa::ENGINE_STCE+40*sat_isa::STCE_R_SR+:40];
  assign stce_sc = op_params_i[1280*sat_isa::ENGINE_STCE+40*sat_isa::STCE_R_SC+:40];
  assign stce_n = op_params_i[1280*sat_isa::ENGINE_STCE+40*sat_isa::STCE_R_N+:40];
  assign stce_m = op_params_i[1280*sat_isa::ENGINE_STCE+40*sat_isa::STCE_R_M+:40];
  assign stce_rows = op_params_i[1280*sat_isa::ENGINE_STCE+40*sat_isa::STCE_R_ROWS+:40];
  assign stce_batches = op_params_i[1280*sat_isa::ENGINE_STCE+40*sat_isa::STCE_R_BATCHES+:40];
  assign vec_rows = op_params_i[1280*sat_isa::ENGINE_VEC+40*sat_isa::VEC_R_ROWS+:40];
  assign vec_channels = op_params_i[1280*sat_isa::ENGINE_VEC+40*sat_isa::VEC_R_CHANNELS+:40];
  assign vec_nm_f = op_params_i[1280*sat_isa::ENGINE_VEC+40*sat_isa::VEC_R_NM_F+:40];
  assign vec_nm_b = op_params_i[1280*sat_isa::ENGINE_VEC+40*sat_isa::VEC_R_NM_B+:40];
  assign store_base = op_params_i[1280*sat_isa::ENGINE_STORE+40*sat_isa::STORE_R_BASE+:40];
  assign store_len = op_params_i[1280*sat_isa::ENGINE_STORE+40*sat_isa::STORE_R_LEN+:40];
  assign store_px = op_params_i[1280*sat_isa::ENGINE_STORE+40*sat_isa::STORE_R_PX+:40];
  assign store_py = op_params_i[1280*sat_isa::ENGINE_STORE+40*sat_isa::STORE_R_PY+:40];
  assign store_pb = op_params_i[1280*sat_isa::ENGINE_STORE+40*sat_isa::STORE_R_PB+:40];
  assign store_grid_w = op_params_i[1280*sat_isa::ENGINE_STORE+40*sat_isa::STORE_R_GRID_W+:40];
  assign store_grid_h = op_params_i[1280*sat_isa::ENGINE_STORE+40*sat_isa::STORE_R_GRID_H+:40];
  assign store_b0 = op_params_i[1280*sat_isa::ENGINE_STORE+40*sat_isa::STORE_R_B0+:40];
  assign store_y0 = op_params_i[1280*sat_isa::ENGINE_STORE+40*sat_isa::STORE_R_Y0+:40];
  assign store_x0 = op_params_i[1280*sat_isa::ENGINE_STORE+40*sat_isa::STORE_R_X0+:40];
  assign store_count = op_params_i[1280*sat_isa::ENGINE_STORE+40*sat_isa::STORE_R_COUNT+:40];
  assign store_src = op_params_i[1280*sat_isa::ENGINE_STORE+40*sat_isa::STORE_R_SRC+:40];
  assign store_sc = op_params_i[1280*sat_isa::ENGINE_STORE+40*sat_isa::STORE_R_SC+:40];
  assign store_src_kind = op_params_i[1280*sat_isa::ENGINE_STORE+40*sat_isa::STORE_R_SRC_KIND+:40];

  // Not 1 .. 2^24-1.
  function logic bad_count(input logic [39:0] value);
    begin
      bad_count = value > MAX24 || value == '0;
    end
  endfunction
  // What LOAD's and STORE's walks have in common; `low` holds the bits that must be 0 in addresses.
  function logic bad_walk(input logic [39:0] len, input logic [39:0] grid_w, input logic [39:0] grid_h,
                          input logic [39:0] count, input logic [2:0] low);
    begin
      bad_walk = low != '0 || len[2:0] != '0 || bad_count({3'd0, len[39:3]}) || bad_count(grid_w) ||
                 bad_count(grid_h) || bad_count(count);
    end
  endfunction
  // A seek to a grid position beyond 2^24-1.
  function logic bad_seek(input logic [39:0] b0, input logic [39:0] y0, input logic [39:0] x0);
    begin
      bad_seek = b0 > MAX24 || y0 > MAX24 || x0 > MAX24;
    end
  endfunction
  // The high bits of an offset outside -2^23 .. 2^23-1.
  function logic bad_offset(input logic [16:0] high);
    begin
      bad_offset = high != '0 && high != '1;
    end
  endfunction
  // Neither 0 (no copy) nor N + 256*M with M of 4, 8, 16 up to the built one and N of 1..M, or 1:2.
  function logic bad_pattern(input logic [39:0] value);
    begin
      bad_pattern = value != '0 && value != ONE_OF_TWO &&
                    ((value[15:8] != 8'd4 && value[15:8] != 8'd8 && value[15:8] != 8'd16) ||
                     value[15:8] > 8'(MAXM) || value[7:0] == '0 || value[7:0] > value[15:8] || value > MAX16);
    end
  endfunction

  assign load_seek = op_flags_i[16*LOAD+sat_isa::LOAD_F_SEEK];
  assign spread = load_dest_kind == WEST_SPREAD || load_dest_kind == WEST_QUADS;
  assign west = load_dest_kind == WEST || spread;
  assign fault[LOAD] =
      bad_walk(load_len, load_grid_w, load_grid_h, load_count,
               load_base[2:0] | load_px[2:0] | load_py[2:0] | load_pb[2:0]) ||
      (load_seek && bad_seek(load_b0, load_y0, load_x0)) || load_sx > MAX8 || load_sy > MAX8 ||
      bad_offset(load_ox[39:23]) || bad_offset(load_oy[39:23]) || load_in_w > MAX24 || load_in_h > MAX24 ||
      load_dest_kind > WEST_QUADS || (load_dest_kind == WEST_QUADS && !QUADS) || load_dest > MAX24 ||
      (west && (load_dest > MAX16 || load_stride > MAX16)) || (spread && load_word0 > MAX16) ||
      (load_dest_kind == WEST_SPREAD && (load_group_words > MAX8 || load_group_words == '0));

  assign ws = op_flags_i[16*STCE+sat_isa::STCE_F_WS];
  assign dense = op_flags_i[16*STCE+sat_isa::STCE_F_DENSE];
  assign drains = op_flags_i[16*STCE+sat_isa::STCE_F_LAST];
  assign transposed = op_flags_i[16*STCE+sat_isa::STCE_F_TRANSPOSED];
  assign slots = {4'd0, stce_sr[3:0]} * {3'd0, stce_sc[4:0]};
  assign fault[STCE] =
      (stce_m != 40'd4 && stce_m != 40'd8 && stce_m != 40'd16) || stce_m > 40'(MAXM) || stce_n == '0 ||
      stce_n > stce_m || (dense && stce_n != stce_m) || stce_sr == '0 || stce_sr > 40'(ROW_SLOTS) || stce_sc == '0 ||
      stce_sc > (ws ? 40'd1 : 40'(S)) || slots > 8'(S) || stce_groups == '0 || stce_groups > MAX16 ||
      (ws && (stce_groups > 40'(R) || stce_batches > MAX16 || stce_batches == '0 || drains || transposed)) ||
      (!ws && drains && (stce_rows == '0 || stce_rows > 40'(R))) || (transposed && !QUADS) ||
      stce_wa > MAX16 || stce_wstride > MAX16 || stce_nv > MAX24 || stce_ni > MAX24 ||
      stce_ra > MAX24;

  assign fault[VEC] = bad_count(vec_rows) || bad_count(vec_channels) || bad_pattern(vec_nm_f) || bad_pattern(vec_nm_b);

  assign store_seek = op_flags_i[16*STORE+sat_isa::STORE_F_SEEK];
  assign store_result = store_src_kind == '0;
  assign fault[STORE] =
      bad_walk(store_len, store_grid_w, store_grid_h, store_count,
               store_base[2:0] | store_px[2:0] | store_py[2:0] | store_pb[2:0]) ||
      (store_seek && bad_seek(store_b0, store_y0, store_x0)) || store_src_kind > 40'd2 ||
      (store_src_kind != 40'd2 && store_src > MAX24) ||
      (store_result && (store_sc == '0 || store_sc > MAX16));

  always_ff @(posedge clk_i) fault_o <= rst_ni ? fault & op_valid_i : '0;

  logic unused;
  assign unused = &{1'b0, op_params_i, op_flags_i, load_ox, load_oy, load_base, load_px, load_py, load_pb, store_base, store_px, store_py,
                    store_pb};
endmodule

`default_nettype wire
