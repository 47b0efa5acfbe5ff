// Passes everything on to another executor: counts calls, and may put a fault into one kind of them.
#pragma once

#include "runtime/gpu_execute/executor.hpp"

namespace satsim::gpu::test {

class WatchedExecutor : public Executor {
  public:
    enum class Fault {
        None,
        Position,
        SparseTaps,
        SparseMask,
        Factor,
        Centre,
        Decay,
        Coefficients,
        Strip,
        Total,
        Pad,
        TableRow
    };

    explicit WatchedExecutor(Executor& device, Fault fault = Fault::None) : device_(device), fault_(fault) {}
    [[nodiscard]] std::string name() const override { return device_.name(); }
    [[nodiscard]] void* reserve(std::size_t bytes) override { return device_.reserve(bytes); }
    void release() override { device_.release(); }
    void put(void* to, const void* from, std::size_t bytes) override { device_.put(to, from, bytes); }
    void get(void* to, const void* from, std::size_t bytes) override { device_.get(to, from, bytes); }
    void clear(void* to, std::size_t bytes) override { device_.clear(to, bytes); }
    void product(const ProductWork& work, const std::uint16_t* a, const std::uint16_t* b, void* c) override {
        ++products;
        ProductWork done = work;
        if (fault_ == Fault::Position && work.a_transposed && work.count == 1) --done.shape.k;
        device_.product(done, a, b, c);
    }
    [[nodiscard]] std::string sparse_refusal(const Compressed24Shape& shape,
                                             const GatherView& view) const override {
        return device_.sparse_refusal(shape, view);
    }
    void sparse_product(const SparseGemmArguments& arguments) override {
        ++sparse_products;
        if (arguments.view.taps() > 1) ++sparse_convolutions;
        SparseGemmArguments done = arguments;
        if (fault_ == Fault::SparseTaps) done.view.first_dx += 1;
        device_.sparse_product(done);
    }
    void update(UpdateRule rule, const UpdateArguments& arguments) override {
        if (rule != UpdateRule::None) ++updates;
        UpdateArguments done = arguments;
        if (fault_ == Fault::Decay) done.decays_pruned = false;
        if (fault_ == Fault::SparseMask && rule == UpdateRule::None) done.forward.n = 1;
        device_.update(rule, done);
    }
    void elementwise(Elementwise operation, const ElementwiseArguments& arguments) override {
        ++vectors;
        ElementwiseArguments done = arguments;
        if (fault_ == Fault::Coefficients && operation == Elementwise::NormGradient)
            std::swap(done.channel[1], done.channel[2]);
        device_.elementwise(operation, done);
    }
    void rowwise(Rowwise operation, const RowArguments& arguments) override {
        ++vectors;
        RowArguments done = arguments;
        if (fault_ == Fault::Factor) done.factor = 1;
        if (fault_ == Fault::Centre) done.centred = !done.centred;
        device_.rowwise(operation, done);
    }
    void columnwise(Columnwise operation, const ColumnArguments& arguments) override {
        ++vectors;
        ColumnArguments done = arguments;
        if (fault_ == Fault::Strip) done.rows -= done.rows > 1 ? 1 : 0;
        device_.columnwise(operation, done);
    }
    void floats(Floats operation, const FloatArguments& arguments) override {
        ++vectors;
        FloatArguments done = arguments;
        if (fault_ == Fault::Total && operation == Floats::Total) --done.elements;
        device_.floats(operation, done);
    }
    void windows(Windows operation, const WindowArguments& arguments) override {
        ++vectors;
        WindowArguments done = arguments;
        if (fault_ == Fault::Pad) ++done.pad_left;
        device_.windows(operation, done);
    }
    void tables(Tables operation, const TableArguments& arguments) override {
        ++vectors;
        TableArguments done = arguments;
        if (fault_ == Fault::TableRow && operation != Tables::Lookup) --done.rows;
        device_.tables(operation, done);
    }
    void transpose(const std::uint16_t* in, std::uint16_t* out, std::int64_t batch, std::int64_t rows,
                   std::int64_t columns) override {
        ++vectors;
        device_.transpose(in, out, batch, rows, columns);
    }

    std::int64_t products = 0;
    std::int64_t sparse_products = 0;
    std::int64_t sparse_convolutions = 0;  // of them
    std::int64_t updates = 0;
    std::int64_t vectors = 0;

  private:
    Executor& device_;
    Fault fault_;
};

}  // namespace satsim::gpu::test
