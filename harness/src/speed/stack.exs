# The stack as in Livebook's notebook on state reducers: a server process puts operations into an order and sends each to every
# client; server and clients reduce all of them. Processes talk by messages. Nothing is logged.
#
# Arguments: clients, operations of each, and how many of a client's own operations may be on their way. Prints deliveries a
# second, counted from the first operation until the last client has reduced the last one.

defmodule Stack do
  def reduce(stack, {:push, item}), do: [item | stack]
  def reduce([_top | rest], :pop), do: rest
  def reduce([], :pop), do: []
  def reduce(stack, :reverse), do: Enum.reverse(stack)
end

defmodule Server do
  use GenServer

  @impl true
  def init(clients), do: {:ok, %{clients: clients, stack: [3, 2, 1]}}

  @impl true
  def handle_call({:join, clients}, _from, state), do: {:reply, state.stack, %{state | clients: clients}}
  def handle_call(:stack, _from, state), do: {:reply, state.stack, state}

  @impl true
  def handle_cast({:submit, issuer, operation}, state) do
    message = {:operation, issuer, operation}
    for client <- state.clients, do: send(client, message)
    {:noreply, %{state | stack: Stack.reduce(state.stack, operation)}}
  end
end

defmodule Client do
  use GenServer

  @impl true
  def init({server, number, own, all, inflight, parent}) do
    :rand.seed(:exsss, {number, 2, 3})

    # The shares of the workload `stack:pop=0.49`, with which the stack stays short. Drawn before the clock starts.
    operations =
      for n <- 1..own do
        case :rand.uniform() do
          draw when draw < 0.49 -> :pop
          draw when draw < 0.51 -> :reverse
          _ -> {:push, number * 1_000_000_000 + n}
        end
      end

    {:ok, %{server: server, stack: [3, 2, 1], operations: operations, left: all, inflight: inflight, parent: parent}}
  end

  @impl true
  def handle_call(:stack, _from, state), do: {:reply, state.stack, state}

  @impl true
  def handle_info(:begin, state) do
    {first, rest} = Enum.split(state.operations, state.inflight)
    for operation <- first, do: GenServer.cast(state.server, {:submit, self(), operation})
    {:noreply, %{state | operations: rest}}
  end

  def handle_info({:operation, issuer, operation}, state) do
    state = if issuer == self(), do: act(state), else: state
    left = state.left - 1
    if left == 0, do: send(state.parent, :done)
    {:noreply, %{state | stack: Stack.reduce(state.stack, operation), left: left}}
  end

  # One of its own has come back: the next may go.
  defp act(%{operations: []} = state), do: state

  defp act(%{operations: [operation | rest]} = state) do
    GenServer.cast(state.server, {:submit, self(), operation})
    %{state | operations: rest}
  end
end

[clients, own, inflight] = Enum.map(System.argv(), &String.to_integer/1)
all = clients * own
{:ok, server} = GenServer.start_link(Server, [])

pids =
  for number <- 1..clients do
    {:ok, pid} = GenServer.start_link(Client, {server, number, own, all, inflight, self()}, timeout: :infinity)
    pid
  end

GenServer.call(server, {:join, pids})
begun = System.monotonic_time(:nanosecond)
for pid <- pids, do: send(pid, :begin)
for _ <- pids, do: (receive do: (:done -> :ok))
ended = System.monotonic_time(:nanosecond)

stacks = for pid <- [server | pids], do: GenServer.call(pid, :stack, :infinity)
if length(Enum.uniq(stacks)) != 1, do: raise("the clients ended in different states")
IO.puts(all * clients * 1_000_000_000 / (ended - begun))
