// Work on whole rows of an FP16 matrix, a team of threads a row: layer normalisation, softmax, cross-entropy
// and their gradients. A team reduces in a fixed order: each lane its elements ascending, then the lanes of a
// warp by exchange with lane ^ 16, 8, 4, 2, 1, then the warps in the same way; so results do not depend on
// scheduling, and the tests can compute them lane by lane.
//
// Rows are read and written 16 bytes at a time, wherever they begin (RowPieces). Each operation is a few
// passes over its row, whose pieces a lane holds in registers from the first one on; rows that are too long
// for that are read again. `Team` has kLanes and gives the lane's number, sum(x) and largest(x) of the team.
#pragma once

#include <cmath>
#include <cstdint>

#include "runtime/gpu/shared/arithmetic.hpp"
#include "runtime/gpu/shared/sixteen_bytes.hpp"

namespace satsim::gpu {

struct RowArguments {
    const std::uint16_t* in[2] = {};  // aligned to 16 bytes, as `out` is
    std::uint16_t* out = nullptr;
    float* statistics = nullptr;    // [rows][2]: mean and 1/std of a row; means of its gradient
    const float* normal = nullptr;  // gradients of norms: [rows][2] of the forward pass
    const float* scale = nullptr;   // [columns], of norms; aligned to 16 bytes, as `shift` is
    const float* shift = nullptr;
    float* loss = nullptr;       // [rows]
    const int* label = nullptr;  // [rows]
    std::int64_t rows = 0;
    std::int64_t columns = 0;  // below 2^31
    float epsilon = 1e-5F;
    float gradient_scale = 1;  // of the loss: loss scale over samples
    float factor = 1;          // softmax and its gradient: of what goes into exp; not of the loss
    bool centred = true;       // norms: false: the mean counts as 0 (RMS norm), in the gradient too
};

inline constexpr int kWarp = 32;
// Eight neighbouring elements of a tensor, of which a row has those from `low` to below `high`.
struct RowPiece {
    int first = 0;  // column of element 0; below 0 where the row begins inside the piece
    int low = 0;
    int high = kHalvesAtOnce;
    [[nodiscard]] SATSIM_HD bool whole() const { return low == 0 && high == kHalvesAtOnce; }
    [[nodiscard]] SATSIM_HD bool holds(int e) const { return e >= low && e < high; }
};

// A row as pieces that begin at 16 bytes: all but the first and the last are whole.
class RowPieces {
  public:
    SATSIM_HD RowPieces(const RowArguments& a, std::int64_t row)
        : start_(row * a.columns),
          columns_(static_cast<int>(a.columns)),
          shift_(static_cast<int>(start_ % kHalvesAtOnce)) {}

    [[nodiscard]] SATSIM_HD int count() const {
        return (shift_ + columns_ + kHalvesAtOnce - 1) / kHalvesAtOnce;
    }
    [[nodiscard]] SATSIM_HD RowPiece piece(int number) const {
        RowPiece p;
        p.first = number * kHalvesAtOnce - shift_;
        if (p.first < 0) p.low = -p.first;
        if (p.first + kHalvesAtOnce > columns_) p.high = columns_ - p.first;
        return p;
    }
    // What the row does not have is 0.
    [[nodiscard]] SATSIM_HD EightHalves load(const std::uint16_t* tensor, const RowPiece& p) const {
        const std::uint16_t* from = tensor + (start_ + p.first);
        if (p.whole()) return load_eight_halves(from);
        EightHalves halves{};
        SATSIM_UNROLL
        for (int e = 0; e < kHalvesAtOnce; ++e)
            if (p.holds(e)) halves.v[e] = from[e];
        return halves;
    }
    SATSIM_HD void store(std::uint16_t* tensor, const RowPiece& p, const float* values) const {
        std::uint16_t* to = tensor + (start_ + p.first);
        EightHalves halves;
        SATSIM_UNROLL
        for (int e = 0; e < kHalvesAtOnce; ++e) halves.v[e] = to_half(values[e]);
        if (p.whole()) {
            store_16_bytes(to, halves);
            return;
        }
        SATSIM_UNROLL
        for (int e = 0; e < kHalvesAtOnce; ++e)
            if (p.holds(e)) to[e] = halves.v[e];
    }
    // Those of a vector [columns] that belong to a piece.
    static SATSIM_HD void coefficients(const float* vector, const RowPiece& p, float* values) {
        if (p.whole() && p.first % 4 == 0) {
            load_eight_floats(vector + p.first, values);
            return;
        }
        SATSIM_UNROLL
        for (int e = 0; e < kHalvesAtOnce; ++e) values[e] = p.holds(e) ? vector[p.first + e] : 0.0F;
    }

  private:
    std::int64_t start_;
    int columns_;
    int shift_;
};

// A team as the launch chooses it: its lanes, and how many pieces of a row each of them holds; 0: none, rows
// of any length are read in every pass.
template <int Lanes, int Held>
struct RowTeam {
    static constexpr int kLanes = Lanes;
    static constexpr int kHeld = Held;
};

// A lane's share of a row of one tensor: all of it, or the pieces that it reads together.
template <int Lanes, int Held>
class LaneRow {
  public:
    static constexpr int kPieces = Held > 0 ? Held : 2;

    SATSIM_HD LaneRow(const RowPieces& row, const std::uint16_t* tensor, int lane)
        : row_(row), tensor_(tensor) {
        if constexpr (Held > 0) fetch(lane);
    }
    // The pieces number `first`, first + Lanes ..., as far as the row has them.
    SATSIM_HD void fetch(int first) {
        SATSIM_UNROLL
        for (int i = 0; i < kPieces; ++i) {
            const int number = first + i * Lanes;
            if (number < row_.count()) piece_[i] = row_.load(tensor_, row_.piece(number));
        }
    }
    SATSIM_HD void read(int i, float* values) const {
        SATSIM_UNROLL
        for (int e = 0; e < kHalvesAtOnce; ++e) values[e] = from_half(piece_[i].v[e]);
    }

  private:
    const RowPieces& row_;
    const std::uint16_t* tensor_;
    EightHalves piece_[kPieces];
};

// Calls f(i, piece) for the lane's pieces, ascending; `tensors`, LaneRows, have each as number i.
template <int Lanes, int Held, class Function, class... Tensors>
SATSIM_HD inline void for_pieces(const RowPieces& row, int lane, Function f, Tensors&... tensors) {
    const int count = row.count();
    constexpr int kPieces = LaneRow<Lanes, Held>::kPieces;
    const auto visit = [&](int first) {
        SATSIM_UNROLL
        for (int i = 0; i < kPieces; ++i) {
            const int number = first + i * Lanes;
            if (number < count) f(i, row.piece(number));
        }
    };
    if constexpr (Held > 0) {
        visit(lane);
    } else {
        for (int first = lane; first < count; first += kPieces * Lanes) {
            (tensors.fetch(first), ...);
            visit(first);
        }
    }
}

// Mean and 1/std of a row; not centred: 0 and 1 over the root of the mean square.
struct RowMoments {
    float mean = 0;
    float inverse = 1;
};
// Every lane gets the same.
template <int Held, class Team>
SATSIM_HD inline RowMoments moments_of(const RowArguments& a, const RowPieces& row,
                                       LaneRow<Team::kLanes, Held>& x, const Team& team) {
    RowMoments moments;
    if (a.centred) {
        float sum = 0;
        for_pieces<Team::kLanes, Held>(
            row, team.lane(),
            [&](int i, const RowPiece&) {
                float v[kHalvesAtOnce];
                x.read(i, v);
                SATSIM_UNROLL
                for (int e = 0; e < kHalvesAtOnce; ++e) sum += v[e];
            },
            x);
        moments.mean = team.sum(sum) / static_cast<float>(a.columns);
    }
    float squares = 0;
    for_pieces<Team::kLanes, Held>(
        row, team.lane(),
        [&](int i, const RowPiece& p) {
            float v[kHalvesAtOnce];
            x.read(i, v);
            SATSIM_UNROLL
            for (int e = 0; e < kHalvesAtOnce; ++e) {
                const float d = p.holds(e) ? v[e] - moments.mean : 0.0F;
                squares += d * d;
            }
        },
        x);
    const float variance = team.sum(squares) / static_cast<float>(a.columns);
    moments.inverse = 1.0F / sqrtf(variance + a.epsilon);
    return moments;
}
SATSIM_HD inline void write_moments(const RowArguments& a, std::int64_t number, const RowMoments& moments) {
    a.statistics[number * 2] = moments.mean;
    a.statistics[number * 2 + 1] = moments.inverse;
}
// y = (x - mean) / std * scale + shift
template <int Held, class Team>
SATSIM_HD inline void normalise(const RowArguments& a, const RowPieces& row, LaneRow<Team::kLanes, Held>& x,
                                const Team& team, const RowMoments& moments) {
    for_pieces<Team::kLanes, Held>(
        row, team.lane(),
        [&](int i, const RowPiece& p) {
            float v[kHalvesAtOnce];
            float scale[kHalvesAtOnce];
            float shift[kHalvesAtOnce];
            x.read(i, v);
            RowPieces::coefficients(a.scale, p, scale);
            RowPieces::coefficients(a.shift, p, shift);
            SATSIM_UNROLL
            for (int e = 0; e < kHalvesAtOnce; ++e)
                v[e] = (v[e] - moments.mean) * moments.inverse * scale[e] + shift[e];
            row.store(a.out, p, v);
        },
        x);
}

// Mean and 1/std of every row.
struct RowStatistics {
    static constexpr int kLongLanes = 1024;
    template <int Held, class Team>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t number, const Team& team) {
        const RowPieces row(a, number);
        LaneRow<Team::kLanes, Held> x(row, a.in[0], team.lane());
        const RowMoments moments = moments_of<Held>(a, row, x, team);
        if (team.lane() == 0) write_moments(a, number, moments);
    }
};

// y by the statistics of an earlier kernel.
struct RowNormalise {
    static constexpr int kLongLanes = 1024;
    template <int Held, class Team>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t number, const Team& team) {
        const RowPieces row(a, number);
        LaneRow<Team::kLanes, Held> x(row, a.in[0], team.lane());
        normalise<Held>(a, row, x, team, {a.normal[number * 2], a.normal[number * 2 + 1]});
    }
};

// Both in one: the same bits as of RowStatistics and RowNormalise, which work in the same teams.
struct RowNorm {
    static constexpr int kLongLanes = 1024;
    template <int Held, class Team>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t number, const Team& team) {
        const RowPieces row(a, number);
        LaneRow<Team::kLanes, Held> x(row, a.in[0], team.lane());
        const RowMoments moments = moments_of<Held>(a, row, x, team);
        if (team.lane() == 0) write_moments(a, number, moments);
        normalise<Held>(a, row, x, team, moments);
    }
};

// A row of dy and x as the gradients of norms read it: g = dy*scale, and xhat = (x - mean) / std. Where the
// row has no element g is 0. in: dy, x.
template <int Held, class Team>
class NormGradientRow {
  public:
    SATSIM_HD NormGradientRow(const RowArguments& a, std::int64_t number, const RowPieces& row,
                              const Team& team)
        : a_(a),
          dy_(row, a.in[0], team.lane()),
          x_(row, a.in[1], team.lane()),
          mean_(a.normal[number * 2]),
          inverse_(a.normal[number * 2 + 1]) {}
    [[nodiscard]] SATSIM_HD float inverse() const { return inverse_; }
    // Calls f(piece, g, xhat) for the lane's pieces.
    template <class Function>
    SATSIM_HD void for_terms(const RowPieces& row, int lane, Function f) {
        const auto visit = [&](int i, const RowPiece& p) {
            float g[kHalvesAtOnce];
            float normal[kHalvesAtOnce];
            float scale[kHalvesAtOnce];
            dy_.read(i, g);
            x_.read(i, normal);
            RowPieces::coefficients(a_.scale, p, scale);
            SATSIM_UNROLL
            for (int e = 0; e < kHalvesAtOnce; ++e) {
                g[e] *= scale[e];
                normal[e] = (normal[e] - mean_) * inverse_;
            }
            f(p, g, normal);
        };
        for_pieces<Team::kLanes, Held>(row, lane, visit, dy_, x_);
    }

  private:
    const RowArguments& a_;
    LaneRow<Team::kLanes, Held> dy_;
    LaneRow<Team::kLanes, Held> x_;
    float mean_;
    float inverse_;
};

// Means over a row of g (not centred: 0) and of g*xhat.
struct RowGradientMeans {
    float g = 0;
    float product = 0;
};
// Every lane gets the same.
template <int Held, class Team>
SATSIM_HD inline RowGradientMeans means_of(const RowArguments& a, const RowPieces& row,
                                           NormGradientRow<Held, Team>& terms, const Team& team) {
    float sum = 0;
    float products = 0;
    terms.for_terms(row, team.lane(), [&](const RowPiece&, const float* g, const float* normal) {
        SATSIM_UNROLL
        for (int e = 0; e < kHalvesAtOnce; ++e) {
            sum += g[e];
            products += g[e] * normal[e];
        }
    });
    sum = team.sum(sum);
    products = team.sum(products);
    const auto columns = static_cast<float>(a.columns);
    return {a.centred ? sum / columns : 0.0F, products / columns};
}
// dx = (g - mean(g) - xhat*mean(g*xhat)) / std
template <int Held, class Team>
SATSIM_HD inline void write_gradient(const RowArguments& a, const RowPieces& row,
                                     NormGradientRow<Held, Team>& terms, const Team& team,
                                     const RowGradientMeans& means) {
    terms.for_terms(row, team.lane(), [&](const RowPiece& p, float* g, const float* normal) {
        SATSIM_UNROLL
        for (int e = 0; e < kHalvesAtOnce; ++e)
            g[e] = (g[e] - means.g - normal[e] * means.product) * terms.inverse();
        row.store(a.out, p, g);
    });
}

struct RowGradientStatistics {
    static constexpr int kLongLanes = 512;
    template <int Held, class Team>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t number, const Team& team) {
        const RowPieces row(a, number);
        NormGradientRow<Held, Team> terms(a, number, row, team);
        const RowGradientMeans means = means_of(a, row, terms, team);
        if (team.lane() != 0) return;
        a.statistics[number * 2] = means.g;
        a.statistics[number * 2 + 1] = means.product;
    }
};

// dx by the means of an earlier kernel.
struct RowGradient {
    static constexpr int kLongLanes = 512;
    template <int Held, class Team>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t number, const Team& team) {
        const RowPieces row(a, number);
        NormGradientRow<Held, Team> terms(a, number, row, team);
        write_gradient(a, row, terms, team, {a.statistics[number * 2], a.statistics[number * 2 + 1]});
    }
};

// Both in one, with the same bits; nobody else asks for the means, so they are not written.
struct RowNormGradient {
    static constexpr int kLongLanes = 512;
    template <int Held, class Team>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t number, const Team& team) {
        const RowPieces row(a, number);
        NormGradientRow<Held, Team> terms(a, number, row, team);
        write_gradient(a, row, terms, team, means_of(a, row, terms, team));
    }
};

// Largest element of a row, exponentials of factor times what elements are less than it, and 1 / their sum.
// An element of -infinity becomes 0; a row has others. Of rows that are not held both come of one pass: a
// lane's sum is of exponentials below the largest element that it has met, and shrinks with every larger one.
template <int Held, class Team>
class RowExponentials {
  public:
    SATSIM_HD RowExponentials(const RowArguments& a, const RowPieces& row, const Team& team)
        : x_(row, a.in[0], team.lane()), factor_(a.factor) {
        float largest = -INFINITY;
        float terms = 0;
        for_pieces<Team::kLanes, Held>(
            row, team.lane(),
            [&](int i, const RowPiece& p) {
                float v[kHalvesAtOnce];
                x_.read(i, v);
                float top = largest;
                SATSIM_UNROLL
                for (int e = 0; e < kHalvesAtOnce; ++e)
                    if (p.holds(e)) top = fmaxf(top, v[e]);
                if constexpr (Held == 0) {
                    if (top > largest) terms *= below(largest, top);
                    if (top > -INFINITY) terms += sum_below(p, v, top);
                }
                largest = top;
            },
            x_);
        top_ = team.largest(largest);
        if constexpr (Held > 0) {
            for_pieces<Team::kLanes, Held>(
                row, team.lane(),
                [&](int i, const RowPiece& p) {
                    float v[kHalvesAtOnce];
                    x_.read(i, v);
                    SATSIM_UNROLL
                    for (int e = 0; e < kHalvesAtOnce; ++e) {
                        exponential_[i][e] = p.holds(e) ? below(v[e], top_) : 0.0F;
                        terms += exponential_[i][e];
                    }
                },
                x_);
        } else {
            terms *= below(largest, top_);
        }
        sum_ = team.sum(terms);
        inverse_ = 1.0F / sum_;
    }
    // Calls f(piece, probabilities) for the lane's pieces.
    template <class Function>
    SATSIM_HD void for_probabilities(const RowPieces& row, int lane, Function f) {
        const auto visit = [&](int i, const RowPiece& p) {
            float v[kHalvesAtOnce];
            if constexpr (Held == 0) x_.read(i, v);
            SATSIM_UNROLL
            for (int e = 0; e < kHalvesAtOnce; ++e)
                v[e] = (Held > 0 ? exponential_[Held > 0 ? i : 0][e] : below(v[e], top_)) * inverse_;
            f(p, v);
        };
        for_pieces<Team::kLanes, Held>(row, lane, visit, x_);
    }
    // log of the sum of exponentials of the row itself, where the factor is 1
    [[nodiscard]] SATSIM_HD float log_sum() const { return logf(sum_) + top_; }

  private:
    // exp of how far x is below a finite top
    [[nodiscard]] SATSIM_HD float below(float x, float top) const { return expf(factor_ * (x - top)); }
    [[nodiscard]] SATSIM_HD float sum_below(const RowPiece& p, const float* v, float top) const {
        float sum = 0;
        SATSIM_UNROLL
        for (int e = 0; e < kHalvesAtOnce; ++e) sum += p.holds(e) ? below(v[e], top) : 0.0F;
        return sum;
    }

    LaneRow<Team::kLanes, Held> x_;
    float exponential_[Held > 0 ? Held : 1][kHalvesAtOnce];
    float factor_ = 1;
    float top_ = 0;
    float sum_ = 0;
    float inverse_ = 0;
};

struct RowSoftmax {
    static constexpr int kLongLanes = 1024;
    template <int Held, class Team>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t number, const Team& team) {
        const RowPieces row(a, number);
        RowExponentials<Held, Team> exponentials(a, row, team);
        exponentials.for_probabilities(row, team.lane(),
                                       [&](const RowPiece& p, const float* v) { row.store(a.out, p, v); });
    }
};

// dx = factor * y * (dy - sum(dy*y)). in: dy, y.
struct RowSoftmaxGradient {
    static constexpr int kLongLanes = 1024;
    template <int Held, class Team>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t number, const Team& team) {
        const RowPieces row(a, number);
        LaneRow<Team::kLanes, Held> dy(row, a.in[0], team.lane());
        LaneRow<Team::kLanes, Held> y(row, a.in[1], team.lane());
        float products = 0;
        for_pieces<Team::kLanes, Held>(
            row, team.lane(),
            [&](int i, const RowPiece&) {
                float g[kHalvesAtOnce];
                float v[kHalvesAtOnce];
                dy.read(i, g);
                y.read(i, v);
                SATSIM_UNROLL
                for (int e = 0; e < kHalvesAtOnce; ++e) products += g[e] * v[e];
            },
            dy, y);
        products = team.sum(products);
        for_pieces<Team::kLanes, Held>(
            row, team.lane(),
            [&](int i, const RowPiece& p) {
                float g[kHalvesAtOnce];
                float v[kHalvesAtOnce];
                dy.read(i, g);
                y.read(i, v);
                SATSIM_UNROLL
                for (int e = 0; e < kHalvesAtOnce; ++e) v[e] = a.factor * v[e] * (g[e] - products);
                row.store(a.out, p, v);
            },
            dy, y);
    }
};

// Softmax cross-entropy: loss of every row, and its gradient in FP16.
struct RowLoss {
    static constexpr int kLongLanes = 1024;
    template <int Held, class Team>
    static SATSIM_HD void run(const RowArguments& a, std::int64_t number, const Team& team) {
        const RowPieces row(a, number);
        RowExponentials<Held, Team> exponentials(a, row, team);
        const int label = a.label[number];
        exponentials.for_probabilities(row, team.lane(), [&](const RowPiece& p, float* v) {
            SATSIM_UNROLL
            for (int e = 0; e < kHalvesAtOnce; ++e)
                v[e] = (v[e] - (p.first + e == label ? 1.0F : 0.0F)) * a.gradient_scale;
            row.store(a.out, p, v);
        });
        if (team.lane() == 0)
            a.loss[number] = exponentials.log_sum() - from_half(a.in[0][number * a.columns + label]);
    }
};

// Calls f with the RowTeam that works on such rows: small ones share a warp, and where there are too few rows
// to keep a device busy with a warp each, a block takes one. Rows that are too long to be held go to blocks
// of the operation's LongLanes: as many as its registers allow, so that few rows are under way and stay in
// L2.
template <int LongLanes, class Function>
void with_team(std::int64_t rows, std::int64_t columns, Function f) {
    constexpr std::int64_t kManyRows = 2048;
    const std::int64_t most_shift = columns % kHalvesAtOnce == 0 ? 0 : kHalvesAtOnce - 1;
    const std::int64_t pieces = (most_shift + columns + kHalvesAtOnce - 1) / kHalvesAtOnce;
    if (pieces <= 8)
        f(RowTeam<8, 1>{});
    else if (pieces <= 16)
        f(RowTeam<16, 1>{});
    else if (pieces <= 32)
        f(RowTeam<32, 1>{});
    else if (pieces <= 64 && rows >= kManyRows)
        f(RowTeam<32, 2>{});
    else if (pieces <= 128 && rows >= kManyRows)
        f(RowTeam<32, 4>{});
    else if (pieces <= 256)
        f(RowTeam<256, 1>{});
    else if (pieces <= 512)
        f(RowTeam<256, 2>{});
    else if (pieces <= 1024)
        f(RowTeam<256, 4>{});
    else
        f(RowTeam<LongLanes, 0>{});
}

}  // namespace satsim::gpu
