// The limit: a link that is shared in equal parts, and the network of 10,000 clients (see
// miniature.py), from nothing but a binary heap of events. No rows, no audit.
// heap_network link LOAD FLOWS   prints the mean number of flows present, and flows per second
// heap_network clients COUNT S   prints the calls in so many seconds, and calls per second
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <queue>
#include <random>
#include <vector>

namespace {

using Draw = std::exponential_distribution<double>;
enum class Stage : std::uint8_t { up, arrived, computed, down, look };

struct Event {
    double when_s;
    std::uint64_t number;  // of creation: what is due at one instant keeps its order
    Stage stage;
    int subject;  // a client, or a link that is looked at

    bool operator>(const Event& other) const {
        return when_s != other.when_s ? when_s > other.when_s : number > other.number;
    }
};

struct Loop {
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events;
    std::uint64_t created = 0;
    double now_s = 0.0;

    void at(double when_s, Stage stage, int subject) {
        events.push({when_s, created++, stage, subject});
    }
};

// Processor sharing by virtual time: a heap of finishes, one event at the next of them.
struct Link {
    struct Flow {
        double finish;
        int client;
        bool operator>(const Flow& other) const { return finish > other.finish; }
    };
    double rate = 1.0, virtual_bytes = 0.0, since_s = 0.0, armed_s = -1.0, area = 0.0;
    std::priority_queue<Flow, std::vector<Flow>, std::greater<>> flows;

    void advance(double now_s) {
        const auto count = static_cast<double>(flows.size());
        if (count > 0) virtual_bytes += (now_s - since_s) * rate / count;
        area += count * (now_s - since_s);
        since_s = now_s;
    }
    void plan(Loop& loop, int self) {
        if (flows.empty()) return;
        const double left = flows.top().finish - virtual_bytes;
        armed_s = loop.now_s + (left > 0 ? left : 0) * static_cast<double>(flows.size()) / rate;
        loop.at(armed_s, Stage::look, self);
    }
    void send(Loop& loop, int self, double bytes, int client) {
        advance(loop.now_s);
        flows.push({virtual_bytes + bytes, client});
        plan(loop, self);
    }
    int leave(Loop& loop, int self) {  // the client whose flow is through, or -1: looked too soon
        if (loop.now_s != armed_s || flows.empty()) return -1;
        advance(loop.now_s);
        const Flow first = flows.top();
        flows.pop();
        virtual_bytes = first.finish;
        plan(loop, self);
        return first.client;
    }
};

double link(double load, std::uint64_t count) {
    Loop loop;
    Link shared;
    std::mt19937_64 draws{1};
    Draw gap{load}, size{1.0};
    std::uint64_t arrived = 0;
    loop.at(0.0, Stage::up, 0);
    while (!loop.events.empty()) {
        const Event event = loop.events.top();
        loop.events.pop();
        loop.now_s = event.when_s;
        if (event.stage == Stage::look) {
            shared.leave(loop, 0);
            continue;
        }
        shared.send(loop, 0, size(draws), 0);
        if (++arrived < count) loop.at(loop.now_s + gap(draws), Stage::up, 0);
    }
    return shared.area / loop.now_s;
}

std::uint64_t clients(int count, double until_s) {
    const double calls_per_s = count / 30.0, latency_s = 0.03;
    const int servers = std::max(1, count / 2500), links = std::max(1, count / 500), cores = 4;
    Loop loop;
    std::mt19937_64 draws{1};
    Draw think{1.0 / 30.0}, cpu{calls_per_s / (0.7 * servers * cores)};
    Draw disk{calls_per_s / (0.6 * servers)}, request{1.0 / 2'000.0}, answer{1.0 / 20'000.0};
    std::vector<Link> shared(static_cast<std::size_t>(2 * links));  // up, then down
    for (auto& one : shared) one.rate = 20'000.0 * calls_per_s / links / 0.7;
    std::vector<std::priority_queue<double, std::vector<double>, std::greater<>>> free_s(
        static_cast<std::size_t>(servers));
    for (auto& one : free_s)
        for (int core = 0; core < cores; ++core) one.push(0.0);
    std::vector<double> disk_free_s(static_cast<std::size_t>(servers), 0.0);
    for (int client = 0; client < count; ++client) loop.at(think(draws), Stage::up, client);
    std::uint64_t calls = 0;
    while (loop.events.top().when_s < until_s) {
        const Event event = loop.events.top();
        loop.events.pop();
        const double now_s = loop.now_s = event.when_s;
        const int server = event.subject % servers, line = event.subject % links;
        switch (event.stage) {
            case Stage::up:
                shared[line].send(loop, line, request(draws), event.subject);
                break;
            case Stage::look: {
                const int client = shared[event.subject].leave(loop, event.subject);
                if (client < 0) break;
                if (event.subject < links) {
                    loop.at(now_s + latency_s, Stage::arrived, client);
                } else {
                    ++calls;
                    loop.at(now_s + latency_s + think(draws), Stage::up, client);
                }
                break;
            }
            case Stage::arrived: {
                auto& cores_free_s = free_s[server];
                const double done_s = std::max(cores_free_s.top(), now_s) + cpu(draws);
                cores_free_s.pop();
                cores_free_s.push(done_s);
                loop.at(done_s, Stage::computed, event.subject);
                break;
            }
            case Stage::computed:
                disk_free_s[server] = std::max(disk_free_s[server], now_s) + disk(draws);
                loop.at(disk_free_s[server], Stage::down, event.subject);
                break;
            case Stage::down:
                shared[links + line].send(loop, links + line, answer(draws), event.subject);
                break;
        }
    }
    return calls;
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) {
        std::fprintf(stderr, "heap_network link LOAD FLOWS | heap_network clients COUNT SECONDS\n");
        return 2;
    }
    const bool one_link = std::strcmp(words[1], "link") == 0;
    const double size = std::atof(words[3]);
    const std::clock_t begun = std::clock();  // of the processor
    const double told = one_link
        ? link(std::atof(words[2]), static_cast<std::uint64_t>(size))
        : static_cast<double>(clients(std::atoi(words[2]), size));
    const double took_s = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
    std::printf("%.4f %.0f\n", told, (one_link ? size : told) / took_s);
}
