// Element-wise, row-wise and column-wise kernels on the CPU, thread by thread and warp by warp.
#pragma once

#include <algorithm>
#include <array>
#include <functional>

#include "tests/unit/gpu/emulated_device.hpp"

namespace satsim::gpu::test {

// One team: an operation is run by all lanes, one exchange at a time. A lane that reaches its next exchange
// needs the others' values, so each exchange takes a pass over all lanes from the start; operations write
// only what they also overwrite, so repeating them changes nothing.
template <int Lanes, int Held>
class EmulatedTeam {
  public:
    class Lane {
      public:
        static constexpr int kLanes = Lanes;
        Lane(EmulatedTeam& team, int lane) : team_(team), lane_(lane) {}
        [[nodiscard]] int lane() const { return lane_; }
        [[nodiscard]] float sum(float x) const {
            return exchange(x, [](float a, float b) { return a + b; });
        }
        [[nodiscard]] float largest(float x) const {
            return exchange(x, [](float a, float b) { return a > b ? a : b; });
        }

      private:
        template <class Combine>
        float exchange(float x, Combine combine) const {
            const std::size_t number = next_++;
            if (number < team_.done_.size()) return team_.done_[number][static_cast<std::size_t>(lane_)];
            if (number > team_.done_.size()) return 0;  // after an exchange of this pass
            team_.pending_[static_cast<std::size_t>(lane_)] = x;
            team_.waiting_ = [combine](Values& v) {
                constexpr std::size_t kInWarp = std::min(Lanes, kWarp);
                for (std::size_t other = kInWarp / 2; other > 0; other /= 2) combine_with(v, other, combine);
                for (std::size_t other = Lanes / 2; other >= kInWarp; other /= 2)
                    combine_with(v, other, combine);
            };
            return 0;
        }
        template <class Combine>
        static void combine_with(std::array<float, Lanes>& v, std::size_t other, Combine combine) {
            const std::array<float, Lanes> old = v;
            for (std::size_t i = 0; i < Lanes; ++i) v[i] = combine(old[i], old[i ^ other]);
        }
        EmulatedTeam& team_;
        int lane_;
        mutable std::size_t next_ = 0;
    };

    template <class Operation>
    void run(const RowArguments& a, std::int64_t row) {
        done_.clear();
        do {
            waiting_ = nullptr;
            for (int lane = 0; lane < Lanes; ++lane) Operation::template run<Held>(a, row, Lane(*this, lane));
            if (waiting_) {
                waiting_(pending_);
                done_.push_back(pending_);
            }
        } while (waiting_);
    }

  private:
    using Values = std::array<float, Lanes>;
    std::vector<Values> done_;
    Values pending_{};
    std::function<void(Values&)> waiting_;
};

class EmulatedVectorMachine : public EmulatedMachine {
  public:
    void elementwise(Elementwise operation, const ElementwiseArguments& a) {
        with_operation(operation, [&a](auto op) {
            for (std::int64_t thread = 0; thread < a.threads(); ++thread)
                gpu::elementwise<decltype(op)>(a, thread, a.threads());
        });
    }
    void rowwise(Rowwise operation, const RowArguments& a) {
        const auto run = [&a](auto op) {
            with_team<decltype(op)::kLongLanes>(a.rows, a.columns, [&a](auto chosen) {
                EmulatedTeam<decltype(chosen)::kLanes, decltype(chosen)::kHeld> team;
                for (std::int64_t row = 0; row < a.rows; ++row) team.template run<decltype(op)>(a, row);
            });
        };
        if (operation == Rowwise::Statistics) run(RowStatistics{});
        if (operation == Rowwise::Normalise) run(RowNormalise{});
        if (operation == Rowwise::Norm) run(RowNorm{});
        if (operation == Rowwise::GradientStatistics) run(RowGradientStatistics{});
        if (operation == Rowwise::Gradient) run(RowGradient{});
        if (operation == Rowwise::NormGradient) run(RowNormGradient{});
        if (operation == Rowwise::Softmax) run(RowSoftmax{});
        if (operation == Rowwise::SoftmaxGradient) run(RowSoftmaxGradient{});
        if (operation == Rowwise::Loss) run(RowLoss{});
    }
    void columnwise(Columnwise operation, const ColumnArguments& a) {
        if (operation == Columnwise::BiasGradient) columns<SumOnly, FinishSum>(a);
        if (operation == Columnwise::Statistics) columns<SumAndSquares, FinishStatistics>(a);
        if (operation == Columnwise::GradientStatistics) columns<SumAndProducts, FinishGradient>(a);
        if (operation == Columnwise::RowGradientSums) columns<SumAndRowProducts, FinishBoth>(a);
    }
    void windows(Windows operation, const WindowArguments& a) {
        if (operation == Windows::MaximumPool) threads<MaximumPool>(a, a.outputs());
        if (operation == Windows::AveragePool) threads<AveragePool>(a, a.outputs());
        if (operation == Windows::MaximumPoolGradient) threads<MaximumPoolGradient>(a, a.inputs());
        if (operation == Windows::AveragePoolGradient) threads<AveragePoolGradient>(a, a.inputs());
        if (operation == Windows::Resample) threads<Resample>(a, a.outputs());
        if (operation == Windows::ResampleGradient) threads<ResampleGradient>(a, a.inputs());
    }
    void tables(Tables operation, const TableArguments& a) {
        if (operation == Tables::Lookup) threads<Lookup>(a, Lookup::threads(a));
        if (operation == Tables::LookupGradient) threads<LookupGradient>(a, LookupGradient::threads(a));
        if (operation != Tables::Nearest) return;
        threads<RowLengths>(a, RowLengths::threads(a));
        threads<NearestRow>(a, NearestRow::threads(a));
    }
    void floats(Floats operation, const FloatArguments& a) {
        if (operation == Floats::Add)
            for (std::int64_t i = 0; i < a.elements + 7; ++i) add_floats(a, i);  // threads beyond the end too
        if (operation != Floats::Total) return;
        TotalTile tile;
        for (int t = 0; t < kTotalThreads; ++t) sum_share(a, t, tile);
        for (int t = 0; t < kTotalThreads; ++t) fold_shares(a, t, tile);
    }

  private:
    template <class Operation, class Arguments>
    static void threads(const Arguments& a, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) Operation::run(a, i);
    }
    template <class Term, class Finish>
    static void columns(const ColumnArguments& a) {
        ColumnTile tile;
        for (std::int64_t block = 0; block < a.column_blocks(); ++block) {
            for (std::int64_t strip = 0; strip < a.strips(); ++strip) {
                for (int t = 0; t < kColumnThreads; ++t) sum_strip<Term>(a, block, strip, t, tile);
                for (int t = 0; t < kColumnThreads; ++t) fold_strip<Term>(a, block, strip, t, tile);
            }
        }
        for (std::int64_t block = 0; block * kFinishColumns < a.columns; ++block) {
            FinishTile finish;
            for (int t = 0; t < kFinishColumns * kFinishParts; ++t)
                sum_part<Finish::kSums>(a, block, t, finish);
            for (int t = 0; t < kFinishColumns * kFinishParts; ++t)
                finish_column<Finish>(a, block, t, finish);
        }
    }
};

}  // namespace satsim::gpu::test
