// Run the example `price-line` by gRPC and watch it to its end.
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/structpb"

	api "alur.dev/examples/clients/alur_api/executions/v1"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+os.Getenv("ALUR_TOKEN"))
	channel, err := grpc.NewClient(
		cmp.Or(os.Getenv("ALUR_GRPC"), "127.0.0.1:50051"),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(err)
	executions := api.NewExecutionsServiceClient(channel)
	item, err := structpb.NewStruct(map[string]any{"sku": "A", "price": 10, "quantity": 12})
	check(err)
	run, err := executions.Run(ctx, &api.RunRequest{Workflow: "price-line", Input: []*structpb.Struct{item}})
	check(err)
	watch, err := executions.Watch(ctx, &api.WatchRequest{Id: run.Execution.Id})
	check(err)
	for {
		told, err := watch.Recv()
		if err == io.EOF {
			return
		}
		check(err)
		if node := told.GetNode(); node != nil {
			fmt.Println(node.Name, node.Status)
		} else if output := told.GetExecution().GetOutput(); len(output) > 0 {
			fmt.Println(told.GetExecution().Status, output[0].AsMap()["amount"])
		}
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
