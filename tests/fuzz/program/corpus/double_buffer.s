; two engines, two buffers
.config rows=4 columns=4 channels=1
.address 4096
.semaphore 0 2
.engine LOAD
    SET len, 8
    SET grid_w, 4
    SET grid_h, 4
    SET count, 4
    LOOP 1000
        WAIT sem0, 1
        RUN ADVANCE end=sem1
        XOR dest, dest, 64
    END
    HALT
.engine STCE
    SET m, 8
    SET n, 2
    LOOP 1000
        WAIT sem1, 1
        POST sem0, 1
    END
    HALT
