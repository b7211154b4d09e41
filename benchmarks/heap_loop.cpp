// The limit: M/M/c, and the same number of timers, from nothing but a binary heap of events.
// heap_loop SERVERS LOAD CUSTOMERS prints the mean number in the queue and customers per second.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <queue>
#include <random>
#include <vector>

namespace {

struct Event {
    double when_s;
    std::uint64_t number;  // of creation: what is due at one instant keeps its order
    enum class Kind { arrival, departure } kind;

    bool operator>(const Event& other) const {
        return when_s != other.when_s ? when_s > other.when_s : number > other.number;
    }
};

class Station {
  public:
    Station(int servers, double load) : free_(servers), gap_(servers * load) {
        schedule(0.0, Event::Kind::arrival);
    }

    // Runs until so many customers have arrived and left; returns the mean number that waited.
    double run(std::uint64_t customers) {
        while (!events_.empty()) {
            const Event event = events_.top();
            events_.pop();
            area_ += static_cast<double>(queue_.size()) * (event.when_s - now_s_);
            now_s_ = event.when_s;
            if (event.kind == Event::Kind::arrival) {
                queue_.push_back(now_s_);
                if (++arrived_ < customers) schedule(gap_(draws_), Event::Kind::arrival);
            } else {
                ++free_;
            }
            if (free_ > 0 && !queue_.empty()) {
                queue_.pop_front();
                --free_;
                schedule(service_(draws_), Event::Kind::departure);
            }
        }
        return area_ / now_s_;
    }

  private:
    void schedule(double delay_s, Event::Kind kind) {
        events_.push({now_s_ + delay_s, created_++, kind});
    }

    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    std::deque<double> queue_;
    std::mt19937_64 draws_{1};
    int free_;
    std::exponential_distribution<double> gap_, service_{1.0};
    std::uint64_t created_ = 0, arrived_ = 0;
    double now_s_ = 0.0, area_ = 0.0;
};

}  // namespace

int main(int count, char** words) {
    if (count != 4) {
        std::fprintf(stderr, "heap_loop SERVERS LOAD CUSTOMERS\n");
        return 2;
    }
    const auto customers = std::strtoull(words[3], nullptr, 10);
    Station station(std::atoi(words[1]), std::atof(words[2]));
    const std::clock_t begun = std::clock();  // of the processor
    const double waiting = station.run(customers);
    const double took_s = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
    std::printf("%.4f %.0f\n", waiting, static_cast<double>(customers) / took_s);
}
