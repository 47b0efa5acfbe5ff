.engine LOAD
SET base, -549755813888
SET dest_kind, 4
SET len, 8
SET count, 16777215
SET grid_w, 1
SET grid_h, 1
RUN SEEK|ADVANCE early0=sem1 early1=sem2 end=sem3
HALT
